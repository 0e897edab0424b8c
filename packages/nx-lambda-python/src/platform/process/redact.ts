/** Keeps secrets, and credentials in any URL, out of what people see. */

import { LambdaPythonError } from '../../errors';
import { decoded, withoutCredentials } from '../../packaging/requirements/parse';
import type { Exec } from './exec';

export type Redact = (text: string) => string;

export interface Secrets {
  /** `user:password` or a lone token, as URLs write them. */
  userInfos: readonly string[];
  /** Other secrets, as they are. */
  values: readonly string[];
}

const MASK = '****';

/** A shorter one may be a word in any text; in a URL it is removed anyway. */
const SHORTEST = 4;

/** Names that stand before a token or alone, and are not secret. */
const PLAIN_USERS = /^(git|hg|svn|oauth2?|__token__|x-[a-z-]+|token|user|aws|pypi|root)$/i;

/** Replaces every secret in the forms in which programs repeat it: plain, URL-encoded, base64. */
export function redactor({ userInfos, values }: Secrets): Redact {
  const forms = new Set<string>();
  for (const value of values) addForms(value, forms);
  for (const userInfo of userInfos) {
    const colon = userInfo.indexOf(':');
    const user = decoded(colon < 0 ? userInfo : userInfo.slice(0, colon));
    const password = colon < 0 ? '' : decoded(userInfo.slice(colon + 1));
    addForms(password, forms);
    if (password === '' && !PLAIN_USERS.test(user)) addForms(user, forms);
    // HTTP's basic authentication.
    forms.add(Buffer.from(`${user}:${password}`).toString('base64'));
    forms.add(userInfo.includes(':') ? userInfo : `${userInfo}:`);
  }
  const longestFirst = [...forms]
    .filter((form) => form.length >= SHORTEST)
    .sort((a, b) => b.length - a.length);
  return (text) =>
    withoutCredentials(longestFirst.reduce((clean, form) => clean.replaceAll(form, MASK), text));
}

/**
 * Redacts everything that people see of a program's output. Only `stdout` stays unchanged: programs read it, and a
 * password that is also a word must not change what they read.
 */
export function redactingExec(exec: Exec, redact: Redact): Exec {
  return async (file, args, options = {}) => {
    const { onLine } = options;
    const result = await exec(file, args, {
      ...options,
      ...(onLine ? { onLine: (line: string) => onLine(redact(line)) } : {}),
    });
    return { ...result, stderr: redact(result.stderr), output: redact(result.output) };
  };
}

export function redactedError(error: unknown, redact: Redact): unknown {
  if (!(error instanceof LambdaPythonError)) return error;
  return new LambdaPythonError(error.code, {
    message: redact(error.message),
    hint: redact(error.hint),
    cause: error.cause,
  });
}

/** The `user:password` of every URL in a text. */
export function userInfosIn(text: string): string[] {
  return [...text.matchAll(/[a-z][a-z0-9+.-]*:\/\/([^/\s]+)@/gi)].map(([, info = '']) => info);
}

function addForms(secret: string, forms: Set<string>): void {
  if (secret.length < SHORTEST) return;
  forms.add(secret);
  forms.add(encodeURIComponent(secret));
  forms.add(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
}

const ACCESS_KEY_ID = /\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g;
const SIGNATURE = /((?:Signature|X-Amz-Security-Token|X-Amz-Credential)[=:])[^\s&,]+/gi;
/** A web identity token is a JSON Web Token. */
const TOKEN = /\beyJ[\w-]{8,}(?:\.[\w-]*){1,2}/g;
const USER_INFO = /(\/\/)[^\s/@]+@/g;

const SECRET_VARIABLES = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_BEARER_TOKEN'];

/** For texts of AWS and of CI: what looks like a credential, and the secrets of the environment. */
export function redactCredentials(
  text: string,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  let clean = text
    .replace(ACCESS_KEY_ID, '[redacted]')
    .replace(TOKEN, '[redacted]')
    .replace(SIGNATURE, '$1[redacted]')
    .replace(USER_INFO, '$1[redacted]@');
  for (const name of SECRET_VARIABLES) {
    const secret = environment[name];
    // A shorter value comes from a test and may be any word.
    if (secret !== undefined && secret.length >= 16) clean = clean.replaceAll(secret, '[redacted]');
  }
  return clean;
}
