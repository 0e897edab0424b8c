import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import size from '../executors/size';
import type { BuildManifest } from '../packaging/manifest';
import { HANDLERS } from '../releasing/fault-matrix.fixtures';
import { Service } from '../releasing/service.fixtures';
import type { SizeExecutorSchema } from '../schemas/size';
import type { SizeReport } from './size-report';

let service: Service;
beforeEach(async () => {
  service = await Service.start();
  service.workspace.reach = {};
});

/** A release of a package with one distribution. */
async function released(content: string, demo: number): Promise<void> {
  service.workspace.build(HANDLERS, content);
  const file = join(service.workspace.output, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as BuildManifest;
  manifest.package.unpackedSize = demo + 10;
  manifest.distributions = [
    { name: 'demo', version: '1.0', wheel: null, sha256: null, unpackedSize: demo },
  ];
  writeFileSync(file, JSON.stringify(manifest));
  expect(await service.upload()).toBe(true);
  expect(await service.deploy()).toBe(true);
  service.printed();
}

async function growth(against: SizeExecutorSchema['against']): Promise<SizeReport['growth']> {
  const context = service.workspace.context('size');
  expect(await size({ against }, context)).toEqual({ success: true });
  const file = join(service.workspace.output, 'size-report.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as SizeReport).growth;
}

it('compares with a release, by its number or the last that deployed a package', async () => {
  await released('first', 100);
  await released('second', 200);
  expect(await service.rollback()).toBe(true);
  service.workspace.build(HANDLERS, 'third');
  const gone = { name: 'demo', from: '1.0', to: null };
  expect(await growth(1)).toEqual({
    since: 'release 1',
    unpackedSize: -80,
    changes: [
      { name: 'own files and bytecode', from: null, to: null, unpackedSize: 20 },
      { ...gone, unpackedSize: -100 },
    ],
  });
  for (const last of ['last', '2']) {
    expect(await growth(last)).toMatchObject({ since: 'release 2', unpackedSize: -180 });
  }
});

it('refuses what has no manifest to compare with', async () => {
  // As before manifests were uploaded.
  service.workspace.reach = null;
  await service.release('first');
  await service.release('second');
  expect(await service.rollback()).toBe(true);
  for (const [against, words] of [
    [9, '`svc` has no release 9'],
    [3, 'release 3 of `svc` is a rollback, which has no package of its own'],
    ['last', 'the bucket has no manifest that can be read of release 2 of `svc`'],
  ] as const) {
    expect(await size({ against }, service.workspace.context('size'))).toEqual({ success: false });
    expect(service.printed()).toContain(`error[RELEASE_NOT_FOUND]: ${words}`);
  }
});
