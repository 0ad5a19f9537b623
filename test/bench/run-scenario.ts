import type { Sample, Scenario, ScenarioResult, Settings, SubjectPlan } from './scenario.ts';
import { SubjectProcess } from './subject-process.ts';

/**
 * How long a subject is under load before its first round, in seconds: on two busy cores the compiler's threads come
 * last, and the rounds are to measure compiled code.
 */
const WARM_UP_SECONDS = 6;

/** Measures every subject once a round, in turn, so that whatever else the machine does meets all of them alike. */
export async function runScenario(scenario: Scenario, settings: Settings): Promise<ScenarioResult> {
  const processes = new Processes(settings);
  try {
    if (scenario.processLives === 'scenario' && !settings.isQuick) await warmUp(scenario, processes, settings);
    const samples = scenario.subjects.map((): Sample[] => []);
    for (let round = 0; round < settings.rounds; round++) {
      for (const [index, plan] of scenario.subjects.entries()) {
        const subject = await processes.of(plan);
        samples[index]?.push(await scenario.measure(subject, plan, settings));
        if (scenario.processLives === 'round') await processes.stop();
      }
    }
    const subjects = scenario.subjects.map(({ name }, index) => ({ name, samples: samples[index] ?? [] }));
    return { scenario, subjects };
  } finally {
    await processes.stop();
  }
}

async function warmUp(scenario: Scenario, processes: Processes, settings: Settings): Promise<void> {
  for (const plan of scenario.subjects) {
    await scenario.measure(await processes.of(plan), plan, { ...settings, seconds: WARM_UP_SECONDS });
  }
}

class Processes {
  readonly #settings: Settings;
  readonly #running = new Map<string, SubjectProcess>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async of({ program, args }: SubjectPlan): Promise<SubjectProcess> {
    const given = args?.(this.#settings) ?? [];
    const key = [program, ...given].join(' ');
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = await SubjectProcess.start(program, given);
    this.#running.set(key, started);
    return started;
  }

  async stop(): Promise<void> {
    const all = [...this.#running.values()];
    this.#running.clear();
    await Promise.all(all.map((subject) => subject.stop()));
  }
}
