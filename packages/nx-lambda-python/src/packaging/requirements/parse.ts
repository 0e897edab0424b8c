/** Requirements files as pip reads them: logical lines, comments out, options told apart. */

/** One logical line of a requirements file. */
export type RequirementsLine =
  | { kind: 'requirement'; text: string }
  /** `-r other.txt` and `-c constraints.txt`, the path as written: relative to the file it stands in. */
  | { kind: 'include'; as: 'requirements' | 'constraints'; path: string }
  /** Every other option, such as `--index-url URL`. */
  | { kind: 'option'; text: string };

/** @see https://pip.pypa.io/en/stable/reference/requirements-file-format/ */
export function parseRequirements(text: string): RequirementsLine[] {
  return logicalLines(text).map(parseLine);
}

/**
 * The same file with some lines replaced, for a pip that runs elsewhere: null takes a line out, undefined
 * keeps it. A file without a replaced line keeps its text as it stands.
 */
export function rewriteRequirements(
  text: string,
  replace: (line: RequirementsLine) => string | null | undefined,
): string {
  let isChanged = false;
  const lines = logicalLines(text).flatMap((line) => {
    const replaced = replace(parseLine(line));
    if (replaced === undefined) return [line];
    isChanged = true;
    return replaced === null ? [] : [replaced];
  });
  return isChanged ? lines.map((line) => `${line}\n`).join('') : text;
}

/** Takes `user:password@` out of every URL in the text: credentials decide nothing about the wheels. */
export function withoutCredentials(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s]*@/gi, '$1');
}

/** True for a requirement that names a directory or file rather than a distribution or a remote URL. */
export function isLocalPath(requirement: string): boolean {
  const target = requirement.replace(/^(-e|--editable)[\s=]+/, '');
  if (/(^|@\s*)file:/i.test(target)) return true;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(target) || /^[\w.-]+\s*(\[[^\]]*\])?\s*@/.test(target))
    return false;
  const [name = ''] = target.split(/[\s;]/, 1);
  return target !== requirement || /^[.~/\\]|[/\\]|\.(whl|zip|tar\.gz|tgz)$/i.test(name);
}

function logicalLines(text: string): string[] {
  const joined = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    // A comment line inside a continued requirement ends it, as in pip.
    .map((line) => (/^\s*#/.test(line) ? '' : line))
    .join('\n')
    .replace(/\\\n/g, ' ');
  return joined
    .split('\n')
    .map((line) =>
      line
        .replace(/(^|\s+)#.*$/, '')
        .trim()
        .replace(/\s+/g, ' '),
    )
    .filter((line) => line !== '');
}

function parseLine(line: string): RequirementsLine {
  const include = /^(?:(-r|--requirement)|-c|--constraint)(?:\s+|=|(?<=^-[rc]))(.+)$/.exec(line);
  if (include) {
    const as = include[1] ? 'requirements' : 'constraints';
    return { kind: 'include', as, path: unquote(include[2] ?? '') };
  }
  if (/^(-e|--editable)\b/.test(line)) return { kind: 'requirement', text: line };
  if (line.startsWith('-')) return { kind: 'option', text: line.replace(/^(--[\w-]+)=/, '$1 ') };
  return { kind: 'requirement', text: line };
}

function unquote(path: string): string {
  return path.replace(/^(['"])(.*)\1$/, '$2');
}
