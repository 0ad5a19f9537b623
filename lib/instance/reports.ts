/** What has happened in an instance, on its way to the event log and to whoever reads its standard error. */
import type { SupervisorParts } from '../controller/supervisor-parts.ts';
import { escapeControls } from '../domain/printable.ts';
import { type EventLog, formatEvent } from '../telemetry/event-log.ts';
import type { InstanceStatus } from './instance-status.ts';

export class Reports {
  readonly #name: string;
  readonly #events: EventLog;
  readonly #status: () => Pick<InstanceStatus, 'replicaEnded' | 'touched'>;

  constructor(name: string, events: EventLog, status: () => Pick<InstanceStatus, 'replicaEnded' | 'touched'>) {
    this.#name = name;
    this.#events = events;
    this.#status = status;
  }

  started(): void {
    const { pid } = process;
    const message = `instance '${this.#name}' began in process ${pid}`;
    this.#events.append({ type: 'instance.started', at: new Date().toISOString(), instance: this.#name, pid, message });
  }

  ofReplica: SupervisorParts['report'] = (backend, replica, what, message, retryInMs) => {
    const at = new Date().toISOString();
    const status = this.#status();
    if (what !== 'started' && what !== 'unhealthy') status.replicaEnded(replica);
    switch (what) {
      case 'died':
      case 'failed':
        this.#events.append({ type: `replica.${what}`, at, backend, replica, message, retryInMs });
        // A failure to start that is not tried again rejects a call, whose caller is told.
        if (retryInMs !== null) say(message.split('\n').map(escapeControls).join('\n  '));
        break;
      case 'unhealthy':
        this.#events.append({ type: 'replica.unhealthy', at, backend, replica, message, failures: 0 });
        break;
      default:
        this.#events.append({ type: `replica.${what}`, at, backend, replica, message });
    }
    status.touched();
  };

  ofTrial(what: 'started' | 'ended', endpoint: string, backend: string, author: string): void {
    const message = `trial of backend '${backend}' at endpoint '${endpoint}' ${what}`;
    this.#events.append({ type: `trial.${what}`, at: new Date().toISOString(), endpoint, backend, author, message });
  }

  /** A failure nobody waits for. */
  unhandled(source: string, what: string, thrown: unknown): void {
    const stack = thrown instanceof Error ? (thrown.stack ?? null) : null;
    const message = `${what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    const event = { type: 'error.unhandled', at: new Date().toISOString(), source, message, stack } as const;
    this.#events.append(event);
    say(formatEvent(event));
  }

  /** Something that the operator should know, and that stops nothing. */
  warn(text: string): void {
    say(`instance '${this.#name}': ${escapeControls(text)}`);
  }
}

const say = (text: string): void => void process.stderr.write(`servelab: ${text}\n`);
