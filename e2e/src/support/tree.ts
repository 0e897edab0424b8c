/** What a package holds, as another program reads it, and how two of them differ. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Workspace } from './workspace';

export interface Tree {
  /** Path to mode and SHA-256 of its bytes; of a program's, without a first line that names its Python. */
  files: Record<string, string>;
  /** Path of each program to the Python that its first line names. */
  interpreters: Record<string, string>;
}

export interface Differences {
  onlyFirst: string[];
  onlySecond: string[];
  different: string[];
}

const READ_TREE = `
import hashlib, json, re, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert len(set(archive.namelist())) == len(archive.namelist())
assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
files, interpreters = {}, {}
for info in archive.infolist():
    content = archive.read(info)
    program = re.match(rb"#!(/\\S*python[\\d.]*)\\n", content) if info.filename.startswith("bin/") else None
    if program:
        content = content[program.end():]
        interpreters[info.filename] = program.group(1).decode()
    files[info.filename] = "%o %s" % (info.external_attr >> 16, hashlib.sha256(content).hexdigest())
print(json.dumps({"files": files, "interpreters": interpreters}))
`;

/** @param output directory of the package below `dist` */
export function readTree(workspace: Workspace, output: string): Tree {
  const file = join(workspace.root, 'dist', output, 'package.zip');
  const { status, stdout, stderr } = spawnSync('python3', ['-c', READ_TREE, file], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Tree;
}

export function compareTrees(first: Tree, second: Tree): Differences {
  const [inFirst, inSecond] = [Object.keys(first.files), Object.keys(second.files)];
  return {
    onlyFirst: inFirst.filter((path) => !(path in second.files)).sort(),
    onlySecond: inSecond.filter((path) => !(path in first.files)).sort(),
    different: inFirst
      .filter((path) => path in second.files && first.files[path] !== second.files[path])
      .sort(),
  };
}
