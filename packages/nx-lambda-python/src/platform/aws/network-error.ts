/** Tells errors of the network from defects and from errors of files: Node, its parsers and OpenSSL name them by code. */

export interface NetworkError {
  name?: string;
  message?: string;
  /** `ECONNREFUSED`; some layers give numbers. */
  code?: unknown;
  syscall?: string;
  /** Of a file. */
  path?: string;
  cause?: unknown;
  /** Of an AggregateError: one for each address that was tried. */
  errors?: unknown;
}

/**
 * Any `E…` of the system counts, also one that nobody has thought of: what it must not be is an error of a file.
 * Of Node's own `ERR_…` only those of sockets do: the others are mistakes of a program.
 */
const CODES =
  /^(E[A-Z0-9]+|EAI_\w+|HPE_\w+|UND_ERR_\w+|ERR_(SSL|TLS|SOCKET|HTTP2|STREAM_PREMATURE_CLOSE)\w*|(CERT|CRL|UNABLE_TO|ERROR_IN)_\w+|\w*SELF_SIGNED_CERT\w*|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED)$/;
/** A firewall that forbids a connection says EACCES or EPERM, too. */
const FILE_CODES = /^E(NOENT|ACCES|PERM|EXIST|ISDIR|NOTDIR|NOTEMPTY|NOSPC|ROFS|IO|BADF|XDEV|FBIG)$/;
/** Those that are thrown without a code, by Node and by the proxy agent. */
const MESSAGES =
  /^(socket hang up|socket is closed|aborted|premature close|client network socket disconnected|proxy connection ended)/i;
const LONGEST_CHAIN = 5;

export function isOfNetwork(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > LONGEST_CHAIN) return false;
  const { name = '', message = '', code, cause, errors } = error as NetworkError;
  // A chain of credentials also tries machines that are not there: its end is about credentials.
  if (name.endsWith('ProviderError')) return false;
  if (name === 'TimeoutError' || name === 'AbortError' || MESSAGES.test(message)) return true;
  if (typeof code === 'string' && CODES.test(code) && !isOfFile(error as NetworkError)) return true;
  const below = [cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  return below.some((one) => isOfNetwork(one, depth + 1));
}

function isOfFile({ code, syscall, path }: NetworkError): boolean {
  if (syscall === 'connect') return false;
  return typeof path === 'string' || FILE_CODES.test(String(code));
}
