import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PERMISSIONS } from '../../release/model/permissions';

it('every command that is sent has its permission', () => {
  const sources = readdirSync(__dirname).filter((name) => /(?<!\.spec)\.ts$/.test(name));
  const sent = sources.flatMap((name) => {
    const text = readFileSync(join(__dirname, name), 'utf8');
    const methods = text.matchAll(/\b(?:client|invocations)\s*\.([a-z]\w*)\((?!\))/g);
    const commands = text.matchAll(/\bnew (\w+)Command\(/g);
    return [...methods, ...commands].map(([, name = '']) => name[0]?.toUpperCase() + name.slice(1));
  });
  const operations = sent.filter((name) => name !== 'Send');
  expect(operations).toEqual(expect.arrayContaining(['GetFunction', 'PutObject', 'Invoke']));
  expect(operations.filter((operation) => !(operation in PERMISSIONS))).toEqual([]);
});
