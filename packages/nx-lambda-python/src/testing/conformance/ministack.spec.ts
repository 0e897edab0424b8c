/** The same suite on MiniStack, which others wrote, started by the repository's own script. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describeConformance } from './conformance.fixtures';
import type { StartedServer } from './conformance.fixtures';
import { MINISTACK_DIFFERENCES } from './ministack-differences.fixtures';

const SCRIPT = resolve(__dirname, '../../../../../tools/stand-ins/ministack.mjs');

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const missing = ministackMissing();
if (missing === undefined) {
  let running: Promise<StartedServer> | undefined;
  const shared = async (): Promise<StartedServer> => {
    running ??= startMinistack();
    return { ...(await running), stop: async () => undefined };
  };
  afterAll(async () => (await running)?.stop());
  describeConformance('MiniStack', shared, MINISTACK_DIFFERENCES);
} else if (process.env['REQUIRE_STAND_INS'] === '1') {
  test('REQUIRE_STAND_INS=1 requires MiniStack', () => {
    throw new Error(missing);
  });
} else {
  test.skip(`MiniStack conforms to AWS (not run: ${missing})`, () => undefined);
}

/** Why MiniStack cannot run on this machine; undefined if it can. Installs it the first time. */
function ministackMissing(): string | undefined {
  const { status, error, stderr } = spawnSync(process.execPath, [SCRIPT, 'install'], {
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim().split('\n').at(-1) ?? 'no reason given';
}

async function startMinistack(): Promise<StartedServer> {
  const child = spawn(process.execPath, [SCRIPT, 'start'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), exited.then(() => [undefined])]);
  if (typeof line !== 'string') throw new Error('MiniStack ended before it answered');
  const { endpoint } = JSON.parse(line) as { endpoint: string };
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
