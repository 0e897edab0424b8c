"""Lists orders, logging by aws-lambda-powertools."""

import orjson
from aws_lambda_powertools import Logger

logger = Logger(service="orders")


def handler(event, context):
    logger.info("list orders")
    return {"statusCode": 200, "body": orjson.dumps([]).decode()}
