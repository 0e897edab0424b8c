/** What the pages say about codes, links and names is true of the sources. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import executors from '../executors.json';
import generators from '../generators.json';

const ROOT = join(__dirname, '..', '..', '..');
const PLUGIN = join(__dirname, '..');

const pages = [
  ...['README.md', 'CONTRIBUTING.md'].map((name) => join(ROOT, name)),
  join(PLUGIN, 'README.md'),
  ...markdownBelow(join(ROOT, 'docs')),
  ...markdownBelow(join(PLUGIN, 'docs')),
];

function markdownBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join(directory, path));
}

/** As GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

it('has one heading for every error code, in the order of the sources', () => {
  const codes = [
    ...readFileSync(join(__dirname, 'errors.ts'), 'utf8').matchAll(/^ {2}\| '(\w+)'/gm),
  ];
  const text = readFileSync(join(PLUGIN, 'docs', 'troubleshooting.md'), 'utf8');
  const headings = [...text.matchAll(/^## ([A-Z_]{4,})$/gm)];
  expect(headings.map(([, heading]) => heading)).toEqual(codes.map(([, code]) => code));
});

describe.each(pages.map((page) => [relative(ROOT, page), page]))('%s', (_, page) => {
  const text = readFileSync(page, 'utf8');

  it('links to what is there', () => {
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#');
        const target = path ? join(dirname(page), path) : page;
        return !existsSync(target) || (anchor && !anchorsOf(target).includes(anchor));
      });
    expect(broken).toEqual([]);
  });

  it('has nothing left of a merge, as it is or formatted', () => {
    expect(text).not.toMatch(/^(<{7}|={7}$|>{7}|(> ){7})/m);
  });

  it('names generators and executors that exist', () => {
    const known = [...Object.keys(generators.generators), ...Object.keys(executors.executors)];
    const named = [...text.matchAll(/\bnx-lambda-python:([a-z]+)/g)].map(([, name]) => name);
    expect(named.filter((name) => !known.includes(name ?? ''))).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...text.matchAll(/\bnpm run ([\w-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

it.each(['CONTRIBUTING.md', 'docs/architecture.md'])('%s names files that exist', (page) => {
  const paths = ['docs', 'e2e', 'packages', 'tools'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => !path.includes('node_modules'))
      .map((path) => `/${folder}/${path}`),
  );
  const named = [
    ...readFileSync(join(ROOT, page), 'utf8').matchAll(/`([\w./-]+\.(?:ts|md|txt|sh))`/g),
  ].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !paths.some((path) => path.endsWith(`/${name}`)))).toEqual([]);
});

/** The tarball has the plugin's folder and nothing above it. */
it.each(pages.map((page) => relative(PLUGIN, page)).filter((page) => !page.startsWith('..')))(
  '%s, which is shipped, links to what is shipped',
  (page) => {
    const outside = [...readFileSync(join(PLUGIN, page), 'utf8').matchAll(/\]\(([^)\s#]+)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => join(dirname(page), link).startsWith('..'));
    expect(outside).toEqual([]);
  },
);
