import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DamagedFileError } from '../packaging/package';
import type { KeyComponents } from '../packaging/requirements-key';
import type { Exec } from '../platform/process/exec';
import { hostPip } from '../platform/pip/on-host';
import { ended, inputOf, settingsOf } from '../platform/pip/pip.fixtures';
import { admitWheel } from '../platform/store/store.fixtures';
import { DiskWheelStore } from '../platform/store/wheel-store';
import type { ContentOptions } from '../targets/build-target';
import type { KeyAndPlace, ServiceResolution } from './decide';
import { installing, splicing, warnUnpinned } from './dependencies';
import { temporaryDirectory } from '../temporary.fixtures';

const settings = settingsOf();
const content: ContentOptions = {
  ...{ dependencies: 'wheels', excludeDistributions: [], collisions: {} },
  ...{ excludeFiles: [], acceptIncompleteRecords: [] },
  ...{ scripts: false, layer: false, bytecodeMb: null, bytecodeImported: false },
};
const FILE = 'services/a/requirements.txt';

let root: string;
let store: DiskWheelStore;
beforeEach(() => {
  root = temporaryDirectory();
  store = new DiskWheelStore(join(root, 'v1'));
  jest.spyOn(console, 'log').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
});

it('lets pip end before it gives up over what the store has', async () => {
  const { sha256: kept } = await admitWheel(store, 'kept');
  const requirements = [
    `kept==1.0 --hash=sha256:${kept}`,
    `missing==1.0 --hash=sha256:${'0'.repeat(64)}`,
  ];
  const meaning = { requirements, constraints: [], options: [] };
  const components: KeyComponents = {
    ...{ meaning, runtime: 'python3.11', architecture: 'x86_64', dependencies: 'wheels' },
    ...{ place: 'host', imageDigest: null, pipArguments: [], pipEnvironment: {} },
  };
  const chosen: KeyAndPlace = { components, key: 'k'.repeat(64), place: undefined };
  const required = inputOf(FILE, `${requirements.join('\n')}\n`);
  jest.spyOn(store, 'verifyAhead').mockRejectedValue(new DamagedFileError('damaged: kept'));
  const seen: boolean[] = [];
  const exec: Exec = async (_file, args) => {
    const stdout = 'pip 26.3 from /x (python 3.13)';
    if (!args.includes('--version')) {
      await delay(50);
      seen.push(existsSync(args.at(-1) ?? ''));
    }
    return ended({ stdout });
  };
  const mode = splicing('a', content, 'host', settings.target, store);
  const resolution = {
    required,
    meaning,
    settings,
    trees: new Map(),
  } as unknown as ServiceResolution;
  const ensuring = mode.ensure(chosen, resolution, hostPip(settings, exec));
  await expect(ensuring).rejects.toThrow('damaged: kept');
  // It has ended, and its directory was there until then.
  expect(seen).toEqual([true]);
});

it('takes a wheel with an incomplete RECORD out of the store only where that is accepted', async () => {
  const wheel = await admitWheel(store, 'demo');
  const gaps = [{ rule: 'record-not-listed', files: 2, example: 'demo.py' }] as const;
  const wheels = [{ ...wheel, gaps: [...gaps] }];
  store.writeSet({ requirementsKey: 'key', image: null, engine: 'host', wheels });
  const find = (more: Partial<ContentOptions>) =>
    splicing('a', { ...content, ...more }, 'host', settings.target, store).find('key');
  const refused = expect.objectContaining({ code: 'WHEEL_INVALID' }) as Error;
  expect(() => find({})).toThrow(refused);
  expect(find({ acceptIncompleteRecords: ['Demo'] })).toMatchObject({ hit: true });
  expect(() => find({})).toThrow(refused);
  // What is not in the package need not be accepted.
  expect(find({ excludeDistributions: ['demo'] })).toMatchObject({ hit: true });
});

it('never installs on the machine itself, for which pip would install', async () => {
  const pip = hostPip(settings, () => Promise.reject(new Error('started')));
  const ensuring = installing('a', content, store).ensure(
    {} as KeyAndPlace,
    {} as ServiceResolution,
    pip,
  );
  await expect(ensuring).rejects.toMatchObject({
    code: 'ENGINE_UNAVAILABLE',
    hint: expect.stringContaining('"dependencies": "wheels"') as string,
  });
});

function warned(
  { requirements = [], constraints = [] }: { requirements?: string[]; constraints?: string[] },
  isLocked: boolean,
  wheels: string[],
): string {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  const meaning = { requirements, constraints, options: [] };
  const required = inputOf(FILE, '', { isLocked });
  const found = wheels.map((name) => ({ name, version: '1', file: '', sha256: '', size: 0 }));
  warnUnpinned('svc', { required, meaning }, found);
  return warn.mock.calls.flat().join('\n');
}

describe('the warning that no version is pinned', () => {
  it('comes for what another day may change', () => {
    expect(warned({ requirements: ['flask'] }, false, ['flask', 'jinja2'])).toBe(
      'warning: no version is pinned for flask, jinja2: another machine or day may get different ones; run `npx nx lock svc` to pin all by hash',
    );
  });

  it('never for a lock, whose lines only its tool knows', () => {
    expect(warned({}, true, ['flask', 'jinja2'])).toBe('');
  });

  it('not for what constraints pin', () => {
    const meaning = { requirements: ['flask'], constraints: ['flask==3.0', 'jinja2==3.1'] };
    expect(warned(meaning, false, ['Flask', 'Jinja2'])).toBe('');
  });
});
