"""Checks an order with pydantic, whose core is compiled for the runtime."""

from uuid import uuid4

import orjson
from pydantic import BaseModel, PositiveInt


class Order(BaseModel):
    customer: str
    items: list[str]
    cents: PositiveInt


def handler(event, context):
    order = Order.model_validate(event)
    body = orjson.dumps({"id": str(uuid4()), **order.model_dump()}).decode()
    return {"statusCode": 201, "body": body}
