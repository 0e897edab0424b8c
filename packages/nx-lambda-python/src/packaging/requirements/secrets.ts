/** Removes credentials from requirements files before anything hashes, shows or writes them. */

import { LambdaPythonError } from '../../errors';
import { logicalLines } from './parse';

type Environment = Readonly<Record<string, string | undefined>>;

/** As in pip: capital letters, digits and underscores only. */
const VARIABLE = /\$\{([A-Z0-9_]+)\}/g;

/** `user:password` up to the last `@` before the path, as Python splits URLs. */
const USER_INFO = /\b((?:[a-z][a-z0-9.-]*\+)?[a-z][a-z0-9.-]*:\/\/)([^/\s]*)@/gi;

/** A token in an index's path is a credential too; only the name of its variable tells. */
const SECRET_NAME = /TOKEN|PASSW|SECRET|CREDENTIAL|AUTH|(^|_)(PASS|PW|KEY|APIKEY)(_|$)/;

/** Name of the variable that carries the n-th credential to pip. */
const carrier = (n: number) => `NX_LAMBDA_PYTHON_CREDENTIALS_${n}`;
const CARRIED = /^\$\{NX_LAMBDA_PYTHON_CREDENTIALS_\d+\}$/;

/**
 * pip expands `${NAME}` in requirements files, so the files written for it need no credentials: each
 * `user:password` becomes a variable of ours. Every other variable is expanded here, because its value, for
 * example the host of an index, decides the wheels and is part of the requirements key.
 */
export class RequirementSecrets {
  /** Raw `user:password`, with the user's variables still in it, by position. */
  private readonly credentials: { raw: string; file: string }[] = [];
  /** Other variables that hold a secret, judged by their names, with the file that uses them. */
  private readonly named = new Map<string, string>();

  constructor(private readonly environment: Environment) {}

  /**
   * The text without comments and credentials, with other variables expanded; lines keep their numbers.
   * @throws REQUIREMENTS_INVALID for a variable that decides something and is not set
   */
  protect(text: string, file: string): string {
    const lines = logicalLines(text).map((line) => {
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
    return lines.join('\n');
  }

  /**
   * The variables that the protected files still contain, with their values.
   * @throws REQUIREMENTS_INVALID for one that is not set: only now, since wheels in the store need no credentials
   */
  variables(): Record<string, string> {
    const carried = this.credentials.map(({ raw, file }, n) => [
      carrier(n),
      this.expand(raw, file),
    ]);
    const named = [...this.named].map(([name, file]) => [name, this.lookUp(name, file)]);
    return Object.fromEntries([...carried, ...named]) as Record<string, string>;
  }

  /** Every `user:password`, with the values of those variables that are set. */
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
      // The user name for ssh is not a secret.
      if (CARRIED.test(raw) || (/ssh:/i.test(scheme) && !raw.includes(':'))) return written;
      let n = this.credentials.findIndex((credential) => credential.raw === raw);
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
      message: `\`${file}\` uses \`\${${name}}\`, but the environment variable ${name} is not set`,
      hint: `export ${name} before the build; in CI, pass it to the job`,
    });
  }
}

/** The names of variables that decide wheels: all but those in credentials. */
export function decidingVariables(text: string): string[] {
  const names = new Set<string>();
  for (const line of logicalLines(text)) {
    const rest = line.replace(USER_INFO, '$1');
    for (const [, name = ''] of rest.matchAll(VARIABLE)) {
      if (!SECRET_NAME.test(name)) names.add(name);
    }
  }
  return [...names].sort();
}
