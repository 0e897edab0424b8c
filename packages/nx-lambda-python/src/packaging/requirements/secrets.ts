/** Takes credentials out of requirements files before anything hashes, shows or writes them. */

import { LambdaPythonError } from '../../errors';

type Environment = Readonly<Record<string, string | undefined>>;

/** As pip: capital letters, digits and underscores only. */
const VARIABLE = /\$\{([A-Z0-9_]+)\}/g;

/** `user:password` up to the last `@` before the path, as Python splits URLs. */
const USER_INFO = /\b((?:[a-z][a-z0-9.-]*\+)?[a-z][a-z0-9.-]*:\/\/)([^/\s]*)@/gi;

/** A token in an index's path is a credential too; its variable's name is all that tells. */
const SECRET_NAME = /TOKEN|PASSW|SECRET|CREDENTIAL|AUTH|(^|_)(PASS|PW|KEY|APIKEY)(_|$)/;

/** Name of the variable that carries the n-th credential to pip. */
const carrier = (n: number) => `NX_LAMBDA_PYTHON_CREDENTIALS_${n}`;
const CARRIED = /^\$\{NX_LAMBDA_PYTHON_CREDENTIALS_\d+\}$/;

/**
 * pip expands `${NAME}` in requirements files, so the files written for it need not hold a credential: each
 * `user:password` becomes a variable of ours. Every other variable is expanded here, because what it says, the
 * host of an index for example, decides the wheels and belongs in the requirements key.
 */
export class RequirementSecrets {
  /** Raw `user:password`, with the user's variables still in it, by position. */
  private readonly credentials: { raw: string; file: string }[] = [];
  /** Variables beyond URLs' credentials that hold a secret by their name, with the file that uses them. */
  private readonly named = new Map<string, string>();

  constructor(private readonly environment: Environment) {}

  /**
   * The text without comments, credentials and variables that are none; lines keep their numbers.
   * @throws REQUIREMENTS_INVALID for a variable that decides something and is not set
   */
  protect(text: string, file: string): string {
    return byLogicalLine(text, (line) => {
      const expanded = this.carry(line, file).replace(VARIABLE, (written, name: string) => {
        if (CARRIED.test(written)) return written;
        const value = this.environment[name] ?? '';
        if (SECRET_NAME.test(name) && !value.includes('://')) {
          this.named.set(name, file);
          return written;
        }
        return this.lookUp(name, file);
      });
      // A variable may have brought a whole URL.
      return this.carry(expanded, file);
    });
  }

  /**
   * The variables that protected files still hold, with their values.
   * @throws REQUIREMENTS_INVALID for one that is not set: only now, since known wheels need no credentials
   */
  variables(): Record<string, string> {
    const carried = this.credentials.map(({ raw, file }, n) => [
      carrier(n),
      this.expand(raw, file),
    ]);
    const named = [...this.named].map(([name, file]) => [name, this.lookUp(name, file)]);
    return Object.fromEntries([...carried, ...named]) as Record<string, string>;
  }

  /** Every `user:password` as far as its variables are set. */
  userInfos(): string[] {
    return this.credentials.map(({ raw }) =>
      raw.replace(VARIABLE, (_, name: string) => this.environment[name] ?? ''),
    );
  }

  /** The values of other variables that hold a secret. */
  values(): string[] {
    return [...this.named.keys()].map((name) => this.environment[name] ?? '');
  }

  private carry(line: string, file: string): string {
    return line.replace(USER_INFO, (written, scheme: string, raw: string) => {
      // The user's name for ssh is not a secret.
      if (CARRIED.test(raw) || (/ssh:/i.test(scheme) && !raw.includes(':'))) return written;
      let n = this.credentials.findIndex((known) => known.raw === raw);
      if (n < 0) n = this.credentials.push({ raw, file }) - 1;
      return `${scheme}\${${carrier(n)}}@`;
    });
  }

  private expand(text: string, file: string): string {
    return text.replace(VARIABLE, (_, name: string) => this.lookUp(name, file));
  }

  private lookUp(name: string, file: string): string {
    const value = this.environment[name];
    if (value) return value;
    throw new LambdaPythonError('REQUIREMENTS_INVALID', {
      message: `\`${file}\` uses \`\${${name}}\`, and the environment variable ${name} is not set`,
      hint: `export ${name} before the build, or in CI pass it to the job`,
    });
  }
}

/** The names of variables that decide wheels: all but those in credentials. */
export function decidingVariables(text: string): string[] {
  const names = new Set<string>();
  byLogicalLine(text, (line) => {
    const rest = line.replace(USER_INFO, '$1');
    for (const [, name = ''] of rest.matchAll(VARIABLE)) {
      if (!SECRET_NAME.test(name)) names.add(name);
    }
    return line;
  });
  return [...names].sort();
}

/** Joins continued lines and drops comments as pip does, and leaves each line where it began. */
function byLogicalLine(text: string, change: (line: string) => string): string {
  const result: string[] = [];
  let joined = '';
  let continued = 0;
  const end = () => {
    const line = joined.replace(/(^|\s+)#.*$/, '');
    result.push(change(line), ...Array<string>(continued).fill(''));
    [joined, continued] = ['', 0];
  };
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    const isComment = /^\s*#/.test(line);
    if (!isComment && line.endsWith('\\')) {
      joined += `${line.slice(0, -1)} `;
      continued += 1;
      continue;
    }
    // A comment line inside a continued requirement ends it.
    joined += isComment ? ` ${line}` : line;
    end();
  }
  if (continued > 0) {
    continued -= 1;
    end();
  }
  return result.join('\n');
}
