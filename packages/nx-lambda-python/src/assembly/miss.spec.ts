import type { KeyComponents } from '../packaging/requirements-key';
import type { ResolveRequest } from '../platform/pip/request';
import { warnUnpinned } from './miss';

afterEach(() => jest.restoreAllMocks());

function warned(
  { requirements = [], constraints = [] }: { requirements?: string[]; constraints?: string[] },
  isLocked: boolean,
  wheels: string[],
): string {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  const meaning = { requirements, constraints, options: [] };
  const local = { base: { projectRoot: 'svc' }, files: [], isLocked };
  warnUnpinned(
    'svc',
    { meaning } as unknown as KeyComponents,
    { local } as unknown as ResolveRequest,
    wheels.map((name) => ({ name, version: '1', file: '', sha256: '', size: 0 })),
  );
  return warn.mock.calls.flat().join('\n');
}

describe('the warning that no version is pinned', () => {
  it('comes for what another day may change', () => {
    expect(warned({ requirements: ['flask'] }, false, ['flask', 'jinja2'])).toBe(
      'warning: no version is pinned for flask, jinja2: another machine or day may get others; run `npx nx lock svc` to pin all by hash',
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
