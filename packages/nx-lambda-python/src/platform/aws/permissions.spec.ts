import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PERMISSIONS } from '../../release/model/permissions';

it('every command that is sent has its permission', () => {
  const sources = readdirSync(__dirname).filter((name) => /(?<!\.spec)\.ts$/.test(name));
  const commands = sources.flatMap((name) => {
    const text = readFileSync(join(__dirname, name), 'utf8');
    const imports = [...text.matchAll(/^import[^;]*?from '@aws-sdk\/client-(?:s3|lambda)';$/gm)];
    return imports.flatMap(([statement]) =>
      [...statement.matchAll(/\b(\w+)Command\b/g)].map(([, operation = '']) => operation),
    );
  });
  expect(commands).toEqual(expect.arrayContaining(['GetFunction', 'PutObject']));
  expect(commands.filter((operation) => !(operation in PERMISSIONS))).toEqual([]);
});
