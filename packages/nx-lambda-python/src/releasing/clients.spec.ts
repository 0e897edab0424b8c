import { openAccess } from './account';

/** Clients of AWS that were made and not closed, and the one that cannot be made. */
const mockOpen = new Set<object>();
let mockBroken = '';

type Client = new (configuration: object) => { destroy(): void };

function mockCounted(module: string, name: string): object {
  const actual = jest.requireActual<Record<string, Client>>(module);
  const Actual = actual[name] as Client;
  class Counted extends Actual {
    constructor(configuration: object) {
      if (mockBroken === name) throw new Error(`no ${name}`);
      super(configuration);
      mockOpen.add(this);
    }
    override destroy(): void {
      mockOpen.delete(this);
      super.destroy();
    }
  }
  return { ...actual, [name]: Counted };
}

jest.mock('@aws-sdk/client-lambda', () => mockCounted('@aws-sdk/client-lambda', 'Lambda'));
jest.mock('@aws-sdk/client-s3', () => mockCounted('@aws-sdk/client-s3', 'S3'));

beforeEach(() => mockOpen.clear());

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const request = {
  destination: {
    ...{ bucket: { name: 'packages' }, prefix: '', simulated: false },
    aws: { endpoint: 'http://127.0.0.1:9', region: 'eu-west-1', credentials },
  },
  ...{ workspaceRoot: '/', accountId: '000000000000' },
};

it.each(['S3', 'Lambda'])(
  'all clients are closed where that of %s cannot be made',
  async (name) => {
    mockBroken = name;
    await expect(openAccess(request, 12)).rejects.toThrow(`no ${name}`);
    expect(mockOpen.size).toBe(0);
  },
);

it('all clients are closed with the account', async () => {
  mockBroken = '';
  const access = await openAccess(request, 12);
  expect(mockOpen.size).toBeGreaterThan(2);
  await access.close();
  await access.account.catch(() => undefined);
  expect(mockOpen.size).toBe(0);
});
