/**
 * Events of the services that call functions, as AWS's documentation shows them. An invented order is in each, where
 * the service leaves room for one.
 */

import { HTTP_SAMPLES } from './http-samples';

const REGION = 'us-east-1';
const ACCOUNT = '111122223333';
const ORDER = JSON.stringify({ order: 42 });
const ID = '059f36b4-87a3-44ab-83d2-661975830a7d';
const arn = (service: string, name: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`;

/** By the name that `--event` takes. */
export const SAMPLES: Readonly<Record<string, unknown>> = {
  ...HTTP_SAMPLES,

  sqs: {
    Records: [
      {
        messageId: ID,
        receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
        body: ORDER,
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: '1545082649183',
          SenderId: 'AIDAIENQZJOLO23YVJ4VO',
          ApproximateFirstReceiveTimestamp: '1545082649185',
        },
        messageAttributes: {
          source: {
            stringValue: 'shop',
            stringListValues: [],
            binaryListValues: [],
            dataType: 'String',
          },
        },
        md5OfBody: '0d15cd31971ecd0d554a062cddbab844',
        eventSource: 'aws:sqs',
        eventSourceARN: arn('sqs', 'orders'),
        awsRegion: REGION,
      },
    ],
  },

  sns: {
    Records: [
      {
        EventVersion: '1.0',
        EventSubscriptionArn: arn('sns', `orders:${ID}`),
        EventSource: 'aws:sns',
        Sns: {
          SignatureVersion: '1',
          Timestamp: '2019-01-02T12:45:07.000Z',
          Signature: 'tcc6faL2yUC6dgZdmrwh1Y4cGa/ebXEkAi6RibDsvpi+tE/1+82j',
          SigningCertUrl: `https://sns.${REGION}.amazonaws.com/SimpleNotificationService-ac565b8b1a6c5d002d285f9598aa1d9b.pem`,
          MessageId: ID,
          Message: ORDER,
          MessageAttributes: { source: { Type: 'String', Value: 'shop' } },
          Type: 'Notification',
          UnsubscribeUrl: `https://sns.${REGION}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${arn('sns', 'orders')}`,
          TopicArn: arn('sns', 'orders'),
          Subject: 'order',
        },
      },
    ],
  },

  s3: {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: REGION,
        eventTime: '2019-09-03T19:37:27.192Z',
        eventName: 'ObjectCreated:Put',
        userIdentity: { principalId: 'AWS:AIDAINPONIXQXHT3IKHL2' },
        requestParameters: { sourceIPAddress: '203.0.113.7' },
        responseElements: {
          'x-amz-request-id': 'D82B88E5F771F645',
          'x-amz-id-2': 'vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQjryTjKlc5aLWGVHPZLj5NeC6',
        },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: '828aa6fc-f7b5-4305-8584-487c791949c1',
          bucket: {
            name: 'orders',
            ownerIdentity: { principalId: 'A3I5XTEXAMAI3E' },
            arn: 'arn:aws:s3:::orders',
          },
          object: {
            key: 'incoming/order-42.json',
            size: 12,
            eTag: 'b21b84d653bb07b05b1e6b33684dc11b',
            sequencer: '0C0F6F405D6ED209E1',
          },
        },
      },
    ],
  },

  dynamodb: {
    Records: [
      {
        eventID: '1',
        eventVersion: '1.0',
        dynamodb: {
          ApproximateCreationDateTime: 1693997155,
          Keys: { Id: { N: '42' } },
          NewImage: { Id: { N: '42' }, Status: { S: 'new' } },
          StreamViewType: 'NEW_AND_OLD_IMAGES',
          SequenceNumber: '111',
          SizeBytes: 26,
        },
        awsRegion: REGION,
        eventName: 'INSERT',
        eventSourceARN: arn('dynamodb', 'table/orders/stream/2024-06-10T19:26:16.525'),
        eventSource: 'aws:dynamodb',
      },
    ],
  },

  eventbridge: {
    version: '0',
    id: ID,
    'detail-type': 'OrderPlaced',
    source: 'com.example.shop',
    account: ACCOUNT,
    time: '2019-03-01T01:23:45Z',
    region: REGION,
    resources: [],
    detail: { order: 42 },
  },

  schedule: {
    version: '0',
    id: ID,
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: ACCOUNT,
    time: '2019-03-01T01:23:45Z',
    region: REGION,
    resources: [arn('events', 'rule/nightly')],
    detail: {},
  },

  cognito: {
    version: '1',
    triggerSource: 'PreSignUp_SignUp',
    region: REGION,
    userPoolId: `${REGION}_t3pKQWOlB`,
    userName: ID,
    callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: '1example23456789' },
    request: {
      userAttributes: { email: 'jane@example.com', name: 'Jane' },
      validationData: {},
      clientMetadata: {},
    },
    response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
  },

  kinesis: {
    Records: [
      {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: '42',
          sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
          data: Buffer.from(ORDER).toString('base64'),
          approximateArrivalTimestamp: 1545084650.987,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: 'shardId-000000000006:49590338271490256608559692538361571095921575989136588898',
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: `arn:aws:iam::${ACCOUNT}:role/orders`,
        awsRegion: REGION,
        eventSourceARN: arn('kinesis', 'stream/orders'),
      },
    ],
  },
};
