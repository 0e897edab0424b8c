/** Keeps credentials out of messages, whoever put them there. */

const ACCESS_KEY_ID = /\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g;
const SIGNATURE = /((?:Signature|X-Amz-Security-Token|X-Amz-Credential)[=:])[^\s&,]+/gi;
/** A web identity token is a JSON Web Token. */
const TOKEN = /\beyJ[\w-]{8,}(?:\.[\w-]*){1,2}/g;
const USER_INFO = /(\/\/)[^\s/@]+@/g;

const SECRET_VARIABLES = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_BEARER_TOKEN'];

export function redact(text: string, environment: NodeJS.ProcessEnv = process.env): string {
  let clean = text
    .replace(ACCESS_KEY_ID, '[redacted]')
    .replace(TOKEN, '[redacted]')
    .replace(SIGNATURE, '$1[redacted]')
    .replace(USER_INFO, '$1[redacted]@');
  for (const name of SECRET_VARIABLES) {
    const secret = environment[name];
    // A shorter value is a test's, and may be any word.
    if (secret !== undefined && secret.length >= 16) clean = clean.replaceAll(secret, '[redacted]');
  }
  return clean;
}
