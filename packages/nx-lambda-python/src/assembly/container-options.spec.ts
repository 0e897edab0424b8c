import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnvironment, parseVolumes } from './container-options';

let workspace: string;
beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), 'container-options-'));
  mkdirSync(join(workspace, 'libs', 'c'), { recursive: true });
});
afterAll(() => rmSync(workspace, { recursive: true }));

describe('volumes', () => {
  it.each([
    ['/opt/oracle:/opt/oracle', { source: '/opt/oracle', target: '/opt/oracle', readOnly: false }],
    ['/a b:/c/:ro', { source: '/a b', target: '/c', readOnly: true }],
    ['C:\\oracle:/oracle:rw', { source: 'C:\\oracle', target: '/oracle', readOnly: false }],
    ['C:/oracle:/oracle', { source: 'C:/oracle', target: '/oracle', readOnly: false }],
    ['cache:/cache', { source: 'cache', target: '/cache', readOnly: false, isVolume: true }],
  ])('%s', (volume, expected) => {
    expect(parseVolumes([volume], workspace)).toEqual([expected]);
  });

  it.each(['libs/c:/libs:ro', './libs/c:/libs:ro'])('%s, of the workspace', (volume) => {
    const source = join(workspace, 'libs', 'c');
    expect(parseVolumes([volume], workspace)).toEqual([
      { source, target: '/libs', readOnly: true },
    ]);
  });

  it.each([
    ['/only', 'is no `source:target`'],
    ['/a:b', 'is no `source:target`'],
    ['/a:/b:z', 'is no `source:target`'],
    ['/a:/b/../c', '`..` is not allowed'],
    ['/a:/nx-lambda-python', "is the build's own"],
    ['/a:/nx-lambda-python/wheels', "is the build's own"],
    ['./lib:/x', 'there is no `./lib` in the workspace'],
  ])('refuses %s', (volume, message) => {
    const act = () => parseVolumes([volume], workspace);
    expect(act).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    expect(act).toThrow(message);
  });
});

describe('environment', () => {
  it('takes values, and names of this machine', () => {
    expect(parseEnvironment(['CFLAGS=-O2 -DX="a=b"', 'EMPTY=', 'TOKEN'])).toEqual({
      literal: { CFLAGS: '-O2 -DX="a=b"', EMPTY: '' },
      inherited: ['TOKEN'],
    });
  });

  it.each([
    ['HOME=/x', '`HOME` in `environment` is set by the build itself'],
    ['PYTHONPATH', '`PYTHONPATH` in `environment` is set'],
    ['a-b=secret', '`a-b` in `environment` is no name of a variable'],
    ['=secret', '`` in `environment` is no name of a variable'],
  ])('refuses %s, without its value', (entry, message) => {
    const act = () => parseEnvironment([entry]);
    expect(act).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    expect(act).toThrow(message);
    expect(act).not.toThrow(/secret/);
  });
});
