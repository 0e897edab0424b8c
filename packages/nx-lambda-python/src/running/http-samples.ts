/** The same request, `POST /orders?urgent=yes`, as each HTTP front end of Lambda passes it on. */

const ACCOUNT = '111122223333';
const ID = 'JKJaXmPLvHcESHA=';
const BODY = JSON.stringify({ order: 42 });
const DOMAIN = 'a1b2c3d4e5.execute-api.us-east-1.amazonaws.com';
const IP = '203.0.113.7';
const AGENT = 'curl/8.5.0';
const HEADERS = {
  'content-type': 'application/json',
  host: DOMAIN,
  'user-agent': AGENT,
  'x-forwarded-for': IP,
  'x-forwarded-port': '443',
  'x-forwarded-proto': 'https',
};
const TIME = '12/Mar/2020:19:03:58 +0000';
const EPOCH = 1583348638390;

const many = (values: Readonly<Record<string, string>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]));

/** Payload format 2.0, which API Gateway's HTTP APIs and function URLs share. */
function version2(routeKey: string, stage: string, host: string) {
  return {
    version: '2.0',
    routeKey,
    rawPath: '/orders',
    rawQueryString: 'urgent=yes',
    cookies: ['session=s1'],
    headers: { ...HEADERS, host },
    queryStringParameters: { urgent: 'yes' },
    requestContext: {
      accountId: ACCOUNT,
      apiId: host.split('.')[0],
      domainName: host,
      domainPrefix: host.split('.')[0],
      http: {
        method: 'POST',
        path: '/orders',
        protocol: 'HTTP/1.1',
        sourceIp: IP,
        userAgent: AGENT,
      },
      requestId: ID,
      routeKey,
      stage,
      time: TIME,
      timeEpoch: EPOCH,
    },
    body: BODY,
    isBase64Encoded: false,
  };
}

export const HTTP_SAMPLES = {
  'apigateway-v1': {
    version: '1.0',
    resource: '/orders',
    path: '/orders',
    httpMethod: 'POST',
    headers: HEADERS,
    multiValueHeaders: many(HEADERS),
    queryStringParameters: { urgent: 'yes' },
    multiValueQueryStringParameters: { urgent: ['yes'] },
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'a1b2c3d4e5',
      authorizer: null,
      domainName: DOMAIN,
      domainPrefix: 'a1b2c3d4e5',
      extendedRequestId: ID,
      httpMethod: 'POST',
      identity: {
        accessKey: null,
        accountId: null,
        caller: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: IP,
        user: null,
        userAgent: AGENT,
        userArn: null,
      },
      path: '/prod/orders',
      protocol: 'HTTP/1.1',
      requestId: ID,
      requestTime: TIME,
      requestTimeEpoch: EPOCH,
      resourceId: 'x1y2z3',
      resourcePath: '/orders',
      stage: 'prod',
    },
    pathParameters: null,
    stageVariables: null,
    body: BODY,
    isBase64Encoded: false,
  },

  'apigateway-v2': version2('POST /orders', '$default', DOMAIN),

  'function-url': version2(
    '$default',
    '$default',
    'a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6.lambda-url.us-east-1.on.aws',
  ),

  alb: {
    requestContext: {
      elb: {
        targetGroupArn: `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}:targetgroup/orders/49e9d65c45c6791a`,
      },
    },
    httpMethod: 'POST',
    path: '/orders',
    queryStringParameters: { urgent: 'yes' },
    headers: HEADERS,
    body: BODY,
    isBase64Encoded: false,
  },
};
