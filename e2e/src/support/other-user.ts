/** Root may write whatever the modes say: what must not write runs as another user. */

export const OTHER_USER = 65534;

/** Put before a command; empty for a user to whom the modes apply. */
export const AS_OTHER_USER: readonly string[] =
  process.getuid?.() === 0
    ? ['setpriv', `--reuid=${OTHER_USER}`, `--regid=${OTHER_USER}`, '--clear-groups']
    : [];
