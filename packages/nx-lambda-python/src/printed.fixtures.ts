const METHODS = ['log', 'warn', 'error'] as const;

/** Gives what the console is told to `take`, until jest restores its mocks; nothing reaches the terminal. */
export function takePrinted(take: (text: string, method: (typeof METHODS)[number]) => void): void {
  for (const method of METHODS) {
    jest.spyOn(console, method).mockImplementation((...words: unknown[]) => {
      take(words.join(' '), method);
    });
  }
}
