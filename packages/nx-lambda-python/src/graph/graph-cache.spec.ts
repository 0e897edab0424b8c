import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WorkspaceLooks } from '../packaging/inputs/workspace-files';
import { workspaceLooks } from '../platform/files/workspace-looks';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';
import { graphCacheFile, openGraphCache, recordLooks } from './graph-cache';

let workspace: string;
beforeEach(() => {
  workspace = temporaryDirectory();
  writeFiles(workspace, { 'a/file.txt': 'one', 'a/other.txt': '', 'b/x': '' });
  symlinkSync('a', join(workspace, 'link'));
});

const ENVIRONMENT = {};
const file = (environment: Record<string, string> = ENVIRONMENT) =>
  graphCacheFile('spec', undefined, workspace, environment);

/** Asks for one entry, as one command does. @returns whether it was made anew */
async function asks(look: (looks: WorkspaceLooks) => unknown, path = file()): Promise<boolean> {
  let isMade = false;
  const cache = openGraphCache(path, recordLooks(workspaceLooks(workspace)));
  const value = await cache.recall('key', (looks) => {
    isMade = true;
    look(looks);
    return { seen: 'value' };
  });
  expect(value).toEqual({ seen: 'value' });
  cache.save();
  return isMade;
}

const CHANGES: Record<string, [look: (looks: WorkspaceLooks) => unknown, change: () => void]> = {
  'another text': [({ read }) => read('a/file.txt'), () => write('a/file.txt', 'two')],
  'a file that appears': [({ read }) => read('a/new.txt'), () => write('a/new.txt')],
  'a file that goes': [({ exists }) => exists('a/file.txt'), () => remove('a/file.txt')],
  'an entry of a directory': [({ list }) => list('a'), () => write('a/new.txt')],
  'a directory in the place of a file': [
    ({ isDirectory }) => isDirectory('b/x'),
    () => (remove('b/x'), write('b/x/y')),
  ],
  'a file behind a link': [({ read }) => read('link/file.txt'), () => write('a/file.txt', 'two')],
  'a link to another place': [
    ({ resolve }) => resolve('link/x'),
    () => (remove('link'), symlinkSync('b', join(workspace, 'link'))),
  ],
  'a text that cannot be decoded': [
    ({ read }) => read('a/file.txt'),
    () => writeFileSync(join(workspace, 'a/file.txt'), Buffer.from([0x61, 0xff])),
  ],
};

function write(path: string, text = ''): void {
  writeFiles(workspace, { [path]: text });
}
function remove(path: string): void {
  rmSync(join(workspace, path), { recursive: true });
}

describe('an entry of the graph cache', () => {
  it.each(Object.entries(CHANGES))(
    'is made again for %s, and only then',
    async (_, [look, change]) => {
      expect(await asks(look)).toBe(true);
      expect(await asks(look)).toBe(false);
      write('elsewhere/file.txt');
      expect(await asks(look)).toBe(false);
      change();
      expect(await asks((looks) => attemptTo(() => look(looks)))).toBe(true);
    },
  );

  it.each([
    ['is cut off', (text: string) => text.slice(0, -9)],
    ['is of another version', (text: string) => text.replace('"format":"', '"format":"0')],
    ['is something else', () => '[]'],
  ])('is made again where the file %s', async (_, damage) => {
    await asks(() => undefined);
    const path = file() ?? '';
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    expect(await asks(() => undefined)).toBe(true);
    expect(await asks(() => undefined)).toBe(false);
  });

  it('is forgotten once nobody asks for it, and leaves no draft', async () => {
    await asks(({ read }) => read('a/file.txt'));
    const cache = openGraphCache(file(), recordLooks(workspaceLooks(workspace)));
    cache.save();
    const path = file() ?? '';
    expect(readFileSync(path, 'utf8')).not.toContain('file.txt');
    expect(readdirSync(dirname(path))).toHaveLength(1);
  });

  it('is not kept where Nx keeps no graph, or nothing can be written', async () => {
    expect(file({ NX_CACHE_PROJECT_GRAPH: 'false' })).toBeUndefined();
    expect(await asks(() => undefined, undefined)).toBe(true);
    write('blocked');
    const blocked = join(workspace, 'blocked', 'cache.json');
    expect(await asks(() => undefined, blocked)).toBe(true);
    expect(await asks(() => undefined, blocked)).toBe(true);
  });

  it('is where Nx has its own graph, apart from those of other options', () => {
    const inWorkspace = join(workspace, '.nx', 'workspace-data');
    expect(dirname(file() ?? '')).toBe(inWorkspace);
    mkdirSync(join(workspace, 'data'));
    expect(dirname(file({ NX_WORKSPACE_DATA_DIRECTORY: 'data' }) ?? '')).toBe(
      join(workspace, 'data'),
    );
    expect(graphCacheFile('spec', { deploy: false }, workspace, {})).not.toBe(file());
  });
});

function attemptTo(work: () => unknown): void {
  try {
    work();
  } catch {
    // A reader would report it.
  }
}
