"""Refunds an order; shares the model of create_order."""

from orders.handlers.create_order import Order


def handler(event, context):
    order = Order.model_validate(event)
    return {"statusCode": 200, "body": f"{order.customer} gets {order.cents} back"}
