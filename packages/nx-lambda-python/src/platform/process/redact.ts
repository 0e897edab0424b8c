/** Keeps known secrets, and credentials in any URL, out of what is shown. */

import { LambdaPythonError } from '../../errors';
import { withoutCredentials } from '../../packaging/requirements/parse';
import type { Exec } from './exec';

export type Redact = (text: string) => string;

export interface Secrets {
  /** `user:password` or a lone token, as URLs write them. */
  userInfos: readonly string[];
  /** Other secrets, as they are. */
  values: readonly string[];
}

const MASK = '****';

/** A shorter one is a word of its own in too many texts; in a URL it is found all the same. */
const SHORTEST = 4;

/** Names that stand before a token or alone, and say nothing. */
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
 * What the program prints is redacted in everything that people see. `stdout` alone stays as it is:
 * programs read it, and a password that is a word must not change what they read.
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

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
