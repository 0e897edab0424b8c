/** The simulated account with AWS's real quotas, in a process of its own: one JSON line for each line asked. */
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { createInterface } = require('node:readline');

const require_ = createRequire(join(process.cwd(), 'package.json'));
const { startSimulatedAccount } = require_('nx-lambda-python/testing');

async function main() {
  const account = await startSimulatedAccount({ region: 'eu-west-1' });
  await account.createBucket('packages', { versioning: true });
  const answer = (value) => console.log(JSON.stringify(value));
  let seen = 0;
  const { endpoint, credentials } = account;
  answer({ endpoint, ...credentials });
  for await (const line of createInterface({ input: process.stdin })) {
    const { create } = JSON.parse(line);
    if (create) {
      for (const seed of create) await account.createFunction(seed);
      answer({ created: create.length });
      continue;
    }
    const requests = account.requests.slice(seen).filter(({ service }) => service === 'lambda');
    seen = account.requests.length;
    const updates = requests.filter(
      ({ operation, status }) => operation === 'UpdateFunctionCode' && status === 200,
    );
    answer({
      updated: new Set(updates.map(({ target }) => target)).size,
      writes: requests.filter(({ operation }) => !/^Get|^List/.test(operation)).length,
      throttled: requests.filter(({ status }) => status === 429).length,
    });
  }
}
main();
