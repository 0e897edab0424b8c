/** An error by its code, with what its message and its hint contain or match: for `toThrow`. */
export function errorWith(code: string, message: string | RegExp = '', hint?: string | RegExp) {
  const texts = {
    message: textWith(message),
    ...(hint === undefined ? {} : { hint: textWith(hint) }),
  };
  return expect.objectContaining({ code, ...texts }) as Error;
}

function textWith(words: string | RegExp): string {
  const matcher = typeof words === 'string' ? expect.stringContaining : expect.stringMatching;
  return matcher(words as string) as string;
}
