/** The same function, which is asked only once for each text. */
export function once<T>(ask: (text: string) => T): (text: string) => T {
  const answers = new Map<string, T>();
  return (text) => {
    if (!answers.has(text)) answers.set(text, ask(text));
    return answers.get(text) as T;
  };
}
