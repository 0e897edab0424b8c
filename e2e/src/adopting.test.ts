/** docs/adopting.md, followed word by word: the files, the commands, what is printed, and the marker. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/workspace-root';
import { Workspace } from './support/workspace';

const PAGE = readFileSync(join(ROOT, 'packages/nx-lambda-python/docs/adopting.md'), 'utf8');

interface Section {
  title: string;
  files: Record<string, string>;
  commands: string[];
  printed: string;
  /** Path and text of the pyproject.toml that the section ends with. */
  marker: [path: string, text: string];
}

const sections = PAGE.split(/^## /m).slice(1).map(readSection);

function readSection(text: string): Section {
  const block = (language: string) =>
    new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(text)?.[1] ?? '';
  const named = [...text.matchAll(/^`([^`]+)`(:| now is:)\n\n```\w*\n([^]*?)```/gm)].map(
    ([, path = '', kind, content = '']) => ({ path, isNew: kind === ':', content }),
  );
  const marker = named.find(({ isNew }) => !isNew);
  return {
    title: text.split('\n')[0] ?? '',
    files: Object.fromEntries(named.flatMap((one) => (one.isNew ? [[one.path, one.content]] : []))),
    commands: block('sh').trim().split('\n'),
    printed: block('text'),
    marker: [marker?.path ?? '', marker?.content ?? ''],
  };
}

describe('docs/adopting.md', () => {
  let workspace: Workspace;
  beforeAll(() => {
    workspace = new Workspace('adopting').init({}, { build: { engine: 'host', imports: 'error' } });
  });

  it('has a section for each origin', () => {
    expect(sections.map(({ title }) => title)).toEqual([
      'SAM',
      'Serverless',
      'Terraform',
      'CDK',
      'Scripts',
    ]);
  });

  it.each(sections.map((section) => [section.title, section] as const))(
    '%s',
    (_, { files, commands, printed, marker: [path, text] }) => {
      workspace.writeAll(files);
      const output = commands.map((command) => {
        const [npx, nx, ...args] = command.split(' ');
        expect([npx, nx]).toEqual(['npx', 'nx']);
        return workspace.succeed(args);
      });
      expect(output.join('')).toContain(printed);
      expect(output.join('')).not.toContain('check: ');
      expect(workspace.read(path)).toBe(text);
      const root = path.replace('/pyproject.toml', '');
      expect(workspace.packagePaths(root)).toContain('six.py');
    },
  );
});
