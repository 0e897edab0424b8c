import { memoryStore } from './state/stores';
import { sha256Hex } from './state/model';
import { routeSts } from './sts';

function requestOf(body: string) {
  const bytes = Buffer.from(body);
  const common = { method: 'POST', path: '/', query: new URLSearchParams(), headers: {} };
  return { ...common, body: bytes, bodySha256: sha256Hex(bytes) };
}

const invoker = { run: async () => undefined, stop: () => Promise.resolve() };

test('GetCallerIdentity tells the account', async () => {
  const call = routeSts(requestOf('Action=GetCallerIdentity&Version=2011-06-15'));
  const account = {
    accountId: '111122223333',
    endpoint: '',
    downloadToken: '',
    updateMilliseconds: 0,
  };
  const response = await memoryStore().run((state) =>
    call.run({ state, account, region: 'us-east-1', now: 0, invoker, fault: undefined }),
  );
  if ('later' in response) throw new Error('it answers at once');
  expect(response.status).toBe(200);
  expect(response.body.toString()).toContain('<Account>111122223333</Account>');
});

test('other actions are not implemented', () => {
  expect(() => routeSts(requestOf('Action=AssumeRole'))).toThrow(/AssumeRole of STS/);
});
