/** The first session of this process, launched when this is imported: it loads while it is read what it is for. */
import { type LaunchedSession, launchSession } from '../session/launch-session.ts';

class Ahead {
  #launched: LaunchedSession | null = launchSession();

  /** Null: somebody has it. */
  take(): LaunchedSession | null {
    const launched = this.#launched;
    this.#launched = null;
    return launched;
  }
}

export const ahead = new Ahead();
