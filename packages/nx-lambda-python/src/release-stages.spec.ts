/** The stage table: each command of a release × configuration; and what is printed, typed again as it stands. */

import type { TargetConfiguration } from '@nx/devkit';
import { BUCKET, Service } from './releasing/service.fixtures';
import deploy from './executors/deploy';
import { HANDLERS } from './releasing/fault-matrix.fixtures';
import pruneVersions from './executors/prune-versions';
import releases from './executors/releases';
import rollback from './executors/rollback';
import upload from './executors/upload';
import { createNodesV2 } from './plugin';
import { ASKED_CONFIGURATION, optionsIn } from './targets/options';

const MARKER = '[tool.nx-lambda-python]\npackage = "svc"\nruntime = "python3.13"\n';
/** As a user has it: nothing but upload and deploy know of production. */
const PROJECT = {
  upload: { options: { bucket: BUCKET } },
  deploy: {
    options: { stage: 'dev', functionName: '{stage}-{handler}', missing: 'create' },
    configurations: { production: { stage: 'prod', alias: 'live' } },
  },
} satisfies Record<string, TargetConfiguration>;
const CREATE = '[tool.nx-lambda-python.create]\nrole = "arn:aws:iam::000000000000:role/svc"\n';

const EXECUTORS: Record<string, typeof deploy> = {
  'nx-lambda-python:upload': upload,
  'nx-lambda-python:deploy': deploy,
  'nx-lambda-python:releases': releases,
  'nx-lambda-python:rollback': rollback,
  'nx-lambda-python:prune-versions': pruneVersions,
};

let service: Service;
beforeEach(async () => {
  service = await Service.start(false);
  const { workspace } = service;
  service.writeFile('services/svc/pyproject.toml', `${MARKER}architecture = "arm64"\n${CREATE}`);
  service.writeFile('services/svc/project.json', JSON.stringify({ targets: PROJECT }));
  const context = { nxJsonConfiguration: {}, workspaceRoot: workspace.root };
  const [found] = await createNodesV2[1](['services/svc/pyproject.toml'], undefined, context);
  const inferred = found?.[1].projects?.['services/svc']?.targets ?? {};
  workspace.targets = { ...inferred, ...merged(inferred) };
});

/** As Nx lays project.json over what is inferred. */
function merged(
  inferred: Record<string, TargetConfiguration>,
): Record<string, TargetConfiguration> {
  const own: Record<string, TargetConfiguration> = PROJECT;
  return Object.fromEntries(
    Object.entries(own).map(([name, { options, configurations }]) => {
      const base = inferred[name] ?? {};
      return [
        name,
        {
          ...base,
          options: { ...base.options, ...options },
          configurations: { ...base.configurations, ...configurations },
        },
      ];
    }),
  );
}

/** As Nx runs a command line: a configuration that the target lacks is dropped, without a word. */
async function type(line: string): Promise<{ success: boolean; text: string }> {
  const words = line.replace(/^npx nx /, '').split(' ');
  const [target = '', project, ...rest] = words;
  expect(project).toBe('svc');
  const asked = rest[0] === '-c' ? rest[1] : undefined;
  const args = Object.fromEntries(
    rest.slice(asked === undefined ? 0 : 2).map((word) => {
      const [, name = '', value] = /^--(\w+)(?:=(.*))?$/.exec(word) ?? [];
      return [
        name,
        value === undefined || /^(true|false)$/.test(value) ? value !== 'false' : value,
      ];
    }),
  );
  const configured = service.workspace.targets[target];
  const executor = EXECUTORS[configured?.executor ?? ''];
  if (!configured || !executor) throw new Error(`nothing runs for ${line}`);
  Object.assign(process.env, {
    [ASKED_CONFIGURATION]: asked ?? '',
    NX_TASK_TARGET_PROJECT: 'svc',
    NX_TASK_TARGET_TARGET: target,
  });
  const resolved = asked !== undefined && configured.configurations?.[asked] ? asked : undefined;
  service.printed();
  const options = { ...optionsIn(configured, resolved), ...args };
  const { success } = await executor(options, service.workspace.context(target, resolved));
  return { success, text: service.printed() };
}

async function bring(content: string): Promise<void> {
  service.workspace.build(HANDLERS, content);
  expect((await type('upload svc -c production')).success).toBe(true);
}

/** Commands in backticks. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/`(npx nx [^`]+)`/g)].map(([, command = '']) => command);
}

test.each(['deploy', 'rollback', 'prune-versions'])(
  '%s writes to the stage of its configuration, and says so first',
  async (target) => {
    for (const content of ['first', 'second']) {
      await bring(content);
      for (const stage of ['', ' -c production']) {
        expect((await type(`deploy svc${stage}`)).success).toBe(true);
      }
    }
    for (const [configuration, stage] of [
      ['', 'dev'],
      [' -c production', 'prod'],
    ]) {
      const { success, text } = await type(`${target} svc${configuration} --dryRun`);
      expect(success).toBe(true);
      expect(text.split('\n')[0]).toMatch(
        new RegExp(
          `^svc: .* stage ${stage}, account 000000000000, region eu-west-1, bucket packages$`,
        ),
      );
    }
  },
);

test('a rollback of production leaves the default stage alone, and releases lists its own', async () => {
  for (const content of ['first', 'second']) {
    await bring(content);
    expect((await type('deploy svc')).success).toBe(true);
    expect((await type('deploy svc -c production')).success).toBe(true);
  }
  const code = async (stage: string) =>
    Promise.all(HANDLERS.map((handler) => service.account.functionCode(`${stage}-${handler}`)));
  const before = await code('dev');
  const { success, text } = await type('rollback svc -c production');
  expect(text).toContain('undo release 2');
  expect(success).toBe(true);
  expect(await code('dev')).toEqual(before);
  expect((await type('releases svc -c production --format=json')).text).toContain(
    '"kind": "rollback"',
  );
  expect((await type('releases svc --format=json')).text).not.toContain('"kind": "rollback"');
});

test('what a failed deploy of production prints goes on, and back, in production', async () => {
  await bring('first');
  expect((await type('deploy svc -c production')).success).toBe(true);
  await bring('second');
  const target = `prod-${HANDLERS[2]}`;
  service.account.inject({ operation: 'UpdateAlias', target, kind: 'access-denied' });
  const { success, text } = await type('deploy svc -c production');
  expect(success).toBe(false);
  const [again = '', back = ''] = commandsIn(text);
  expect([again, back]).toEqual([
    'npx nx deploy svc -c production',
    'npx nx rollback svc -c production',
  ]);
  expect((await type(back)).text).toContain('stage prod');
  expect(await type(again)).toMatchObject({ success: true });
  expect((await type('releases svc -c production')).success).toBe(true);
});

test('every hint on the way to a first release can be typed', async () => {
  service.workspace.build(HANDLERS, 'first');
  const missing = await type('deploy svc -c prodction');
  expect(missing.text).toContain('error[CONFIGURATION_UNKNOWN]');
  expect(missing.text).toContain('hint: run the same command with `-c production`');
  const deployment = 'npx nx deploy svc -c production';
  const notUploaded = await type(deployment);
  expect(notUploaded.text).toContain('error[PACKAGE_NOT_UPLOADED]');
  const [uploading = ''] = commandsIn(notUploaded.text);
  expect(await type(uploading)).toMatchObject({ success: true });
  const none = await type('rollback svc -c production');
  expect(none.text).toContain('error[RELEASE_NOT_FOUND]');
  const [listing = ''] = commandsIn(none.text);
  expect(listing).toBe('npx nx releases svc -c production');
  expect(await type(listing)).toMatchObject({ success: true });
  expect(await type(deployment)).toMatchObject({ success: true });
});
