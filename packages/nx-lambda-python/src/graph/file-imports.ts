/** What a Python file imports, as the project graph asks for it. */

import { parseModuleImports } from '../python/module';

export interface FileImports {
  /** Dotted and absolute: `a.b.c` of `from a.b import c`. */
  imports: string[];
  /** Line of the first syntax error; such a file gives no imports. */
  errorLine?: number;
}

/** @param bytes of the file */
export async function readFileImports(bytes: Buffer): Promise<FileImports> {
  // Most `__init__.py` are empty.
  if (!bytes.includes('import')) return { imports: [] };
  const { imports, syntaxError } = await parseModuleImports(bytes);
  if (syntaxError) return { imports: [], errorLine: syntaxError.line };
  const names = imports
    .filter(({ level }) => level === 0)
    .flatMap(({ module, names: taken }) =>
      taken.length === 0 || taken.includes('*')
        ? [module]
        : taken.map((name) => `${module}.${name}`),
    );
  return { imports: [...new Set(names)] };
}
