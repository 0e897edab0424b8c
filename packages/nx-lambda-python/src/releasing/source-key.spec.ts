import { GetFunctionCommand, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda';
import { placeholderZip } from '../testing/seeding';
import { HANDLERS } from './fault-matrix.fixtures';
import { Service } from './service.fixtures';

const KEY = 'arn:aws:kms:eu-west-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab';

describe('the key that encrypts the code of a function', () => {
  let service: Service;

  beforeEach(async () => {
    service = await Service.start();
    await service.lambda.send(
      new UpdateFunctionCodeCommand({
        FunctionName: 'svc-create',
        Architectures: ['arm64'],
        ZipFile: placeholderZip(),
        SourceKMSKeyArn: KEY,
      }),
    );
  });

  const keys = () =>
    Promise.all(
      HANDLERS.map(async (handler) => {
        const name = new GetFunctionCommand({ FunctionName: `svc-${handler}` });
        return (await service.lambda.send(name)).Code?.SourceKMSKeyArn;
      }),
    );

  it.each([
    ['', {}],
    [' with an alias', { alias: 'live' }],
    [' after a conflict', {}],
  ])('is kept by a deploy%s, and by a rollback', async (when, options) => {
    const kept = [undefined, KEY, undefined];
    expect(await keys()).toEqual(kept);
    service.workspace.targets['deploy'] = { options };
    await service.bring('old');
    if (when === ' after a conflict') {
      service.account.inject({
        operation: 'UpdateFunctionCode',
        target: 'svc-create',
        kind: '412',
      });
    }
    expect(await service.deploy(options)).toBe(true);
    expect(await keys()).toEqual(kept);
    const old = await service.look();
    await service.release('new', options);
    expect(await keys()).toEqual(kept);
    expect(await service.rollback()).toBe(true);
    expect(await keys()).toEqual(kept);
    if (!('alias' in options)) expect(await service.look()).toEqual(old);
  });
});
