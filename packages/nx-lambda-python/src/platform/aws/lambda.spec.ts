import { Lambda, LambdaClient } from '@aws-sdk/client-lambda';
import { lambdaVersions } from './lambda';

describe('lambdaVersions', () => {
  const client = new Lambda({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const send = jest.spyOn(LambdaClient.prototype, 'send');
  afterEach(() => send.mockReset());
  afterAll(() => send.mockRestore());

  const answer = (value: object) => send.mockImplementationOnce(async () => value as never);

  it.each(['', '$LATEST', 'live', '0', '1 ', '-1'])(
    'never asks to delete "%s": without a number the call would delete the function',
    async (version) => {
      await expect(lambdaVersions(client).deleteVersion('f', version)).rejects.toThrow();
      expect(send).not.toHaveBeenCalled();
    },
  );

  it('passes the marker on, and knows the last page by an empty one', async () => {
    const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:f:$LATEST';
    const versions = [
      { Version: '$LATEST', FunctionArn: arn, CodeSize: 5 },
      { Version: '1', FunctionArn: arn, CodeSize: 7, CodeSha256: 'x' },
    ];
    answer({ Versions: versions, NextMarker: 'm' });
    expect(await lambdaVersions(client).listVersions('f')).toEqual({
      ok: true,
      value: { arn, versions: [{ version: '1', size: 7, codeSha256: 'x' }], marker: 'm' },
    });
    answer({ Versions: [], NextMarker: '' });
    const last = await lambdaVersions(client).listVersions('f', 'm');
    expect(send.mock.lastCall?.[0].input).toMatchObject({ FunctionName: 'f', Marker: 'm' });
    expect(last.ok && last.value.marker).toBeUndefined();
  });

  it('has what an alias points to by weight, too', async () => {
    const RoutingConfig = { AdditionalVersionWeights: { '7': 0 } };
    answer({ Aliases: [{ Name: 'live', FunctionVersion: '3', RoutingConfig }] });
    expect(await lambdaVersions(client).listAliases('f')).toMatchObject({
      value: { aliases: [{ name: 'live', versions: ['3', '7'] }] },
    });
  });
});
