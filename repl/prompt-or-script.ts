/** A prompt at a terminal; what comes from a pipe is run as a script. To the end of the process. */
export async function promptOrScript(name: string): Promise<never> {
  if (process.stdin.isTTY) {
    const { openPrompt } = await import('./terminal/prompt.ts');
    return openPrompt(name);
  }
  const { scriptFromInput } = await import('./run.ts');
  return scriptFromInput(name);
}
