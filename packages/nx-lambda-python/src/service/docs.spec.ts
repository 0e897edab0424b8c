import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_EXCLUDES } from './files';
import { parseMarker } from './marker';
import { RUNTIMES } from './runtimes';

const page = readFileSync(join(__dirname, '../../docs/service.md'), 'utf8');
const examples = [...page.matchAll(/```toml\n([^]*?)```/g)].map(([, text = '']) => text);

describe('docs/service.md', () => {
  it('has examples, all of them valid', () => {
    expect(examples.length).toBeGreaterThanOrEqual(8);
    for (const example of examples)
      expect(() => parseMarker(example, 'services/orders/pyproject.toml')).not.toThrow();
  });

  it('names the first and the last runtime', () => {
    expect(page).toContain(`\`${RUNTIMES[0]?.name}\` to \`${RUNTIMES.at(-1)?.name}\``);
  });

  it('names every default exclude', () => {
    const unnamed = DEFAULT_EXCLUDES.map((pattern) => pattern.replace(/^\/|\/$/g, '')).filter(
      (pattern) =>
        !page.includes(pattern) &&
        ![
          '.*',
          '*.py[co]',
          '*.lock',
          'pylock*.toml',
          'Pipfile',
          'docker-compose*',
          'compose.y*ml',
        ].includes(pattern),
    );
    expect(unnamed).toEqual([]);
  });
});
