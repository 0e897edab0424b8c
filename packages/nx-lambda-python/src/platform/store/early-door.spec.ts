import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EarlyDoor } from './early-door';
import { hashFile } from '../files/files';
import { temporaryDirectory } from '../../temporary.fixtures';

const FACTS = { name: 'demo', version: '1' };

let directory: string;
let asked: string[];
const door = new EarlyDoor(async (path) => {
  asked.push(path);
  if (path.includes('broken')) throw new Error('refused');
  return FACTS;
});
beforeEach(() => {
  directory = temporaryDirectory();
  asked = [];
});

function write(folder: string, name: string, text: string): string {
  mkdirSync(join(directory, folder), { recursive: true });
  const path = join(directory, folder, name);
  writeFileSync(path, text);
  return path;
}

/** Until the watcher has asked about as many wheels. */
async function untilAsked(count: number): Promise<void> {
  while (asked.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

const admit = (path: string) => door.admit(path, hashFile(path));

it('lets through what it has checked meanwhile, wherever pip copies it', async () => {
  await door.during(directory, async () => {
    write('pip-unpack-1', 'demo-1-py3-none-any.whl', 'bytes');
    await untilAsked(1);
  });
  expect(await admit(write('wheels', 'demo-1-py3-none-any.whl', 'bytes'))).toBe(FACTS);
  expect(asked).toHaveLength(1);
});

it.each([
  ['other bytes', 'demo-2-py3-none-any.whl', 'other'],
  ['another name, whose tags may be others', 'demo-2-py2-none-any.whl', 'bytes 2'],
])('checks %s at the door', async (_, name, text) => {
  await door.during(directory, async () => {
    write('pip-unpack-1', 'demo-2-py3-none-any.whl', 'bytes 2');
    await untilAsked(1);
  });
  await admit(write('wheels', name, text));
  expect(asked).toHaveLength(2);
});

it('refuses at the door what it could not let through before', async () => {
  await door.during(directory, async () => {
    write('pip-unpack-1', 'broken-1-py3-none-any.whl', 'x');
    await untilAsked(1);
  });
  await expect(admit(write('wheels', 'broken-1-py3-none-any.whl', 'x'))).rejects.toThrow('refused');
});

it('ends with the work, and as it does', async () => {
  const failing = door.during(join(directory, 'missing'), () => Promise.reject(new Error('pip')));
  await expect(failing).rejects.toThrow('pip');
  expect(asked).toEqual([]);
});
