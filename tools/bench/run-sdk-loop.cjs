/** A script that updates all functions at once with the SDK's defaults, and waits for each. */
const { createRequire } = require('node:module');
const { join } = require('node:path');

const [bucket, key, ...names] = process.argv.slice(2);
const plugin = createRequire(join(process.cwd(), 'package.json')).resolve(
  'nx-lambda-python/package.json',
);
const sdk = createRequire(plugin)('@aws-sdk/client-lambda');
const client = new sdk.LambdaClient({});

async function update(FunctionName) {
  await client.send(
    new sdk.UpdateFunctionCodeCommand({ FunctionName, S3Bucket: bucket, S3Key: key }),
  );
  await sdk.waitUntilFunctionUpdatedV2({ client, maxWaitTime: 300 }, { FunctionName });
}
Promise.allSettled(names.map(update)).then((results) => {
  for (const { status, reason } of results) {
    if (status === 'rejected') console.log(`${reason}\nfailed`);
  }
});
