"""Answers with the order that the path names."""

import orjson


def handler(event, context):
    order_id = event.get("pathParameters", {}).get("id", "unknown")
    return {"statusCode": 200, "body": orjson.dumps({"id": order_id}).decode()}
