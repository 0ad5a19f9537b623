/** The screen and what it shows, in time: takes keys and snapshots, gives frames. Knows neither Ink nor the terminal. */
import type { Client } from '../../lib/index.ts';
import type { Plan } from '../actions/plan.ts';
import { Charts } from '../canvas/chart.ts';
import { columnChart } from '../canvas/column-chart.ts';
import { toAnsi } from '../frame/ansi.ts';
import type { Line } from '../frame/line.ts';
import { ASCII, type Look } from '../frame/look.ts';
import { messageOf } from '../model/failure.ts';
import type { LiveInstance } from '../model/live.ts';
import { type InstanceLog, NO_LOG } from '../model/log.ts';
import { type InstancePictures, NO_PICTURES } from '../model/pictures.ts';
import type { MouseEvent } from '../terminal/input.ts';
import { movedBy } from '../ui/bindings.ts';
import type { Context, Effect, Step } from '../ui/context.ts';
import { paste, press } from '../ui/keyboard.ts';
import { type Busy, INITIAL, type Notice, noticed, type Ui, VIEWS } from '../ui/ui.ts';
import { contextOf, drawScreen } from '../views/draw.ts';
import { PICTURE_FRAME } from '../views/pictures.ts';
import type { Scene } from '../views/scene.ts';
import { applyPlan, ChangedMeanwhile, undoPlan } from './apply.ts';

export interface TopGiven {
  readonly name: string;
  readonly live: Pick<LiveInstance<Client>, 'get' | 'subscribe' | 'series' | 'client' | 'retryNow' | 'periodMs'>;
  /** None: there is no log here. */
  readonly log?: Pick<InstanceLog, 'get' | 'subscribe' | 'start'>;
  /** None: there are no sessions here. */
  readonly pictures?: Pick<InstancePictures, 'get' | 'subscribe' | 'start' | 'stop' | 'columns'>;
  readonly look: Look;
  readonly ui?: Partial<Ui>;
  readonly readonlyReason?: string | null;
  /** What it cannot do by itself: leave, suspend, run another program. Resolves with what to say of it. */
  readonly outside: (effect: Effect, scene: Scene) => Promise<Notice['text'] | null>;
  readonly now?: () => number;
}

const TICK_MS = 1_000;

export class Top {
  readonly #given: TopGiven;
  readonly #now: () => number;
  readonly #charts = new Charts();
  readonly #listeners = new Set<() => void>();
  #ui: Ui;
  #drawnAt = 0;
  #columns = 80;
  #rows = 24;
  #lines: readonly Line[] = [];
  #frame: readonly string[] = [];
  #tick: NodeJS.Timeout | null = null;
  #unsubscribe: readonly (() => void)[] = [];

  constructor(given: TopGiven) {
    this.#given = given;
    this.#now = given.now ?? Date.now;
    this.#ui = { ...INITIAL, ...given.ui };
  }

  /** Lines with their escapes, as many as the terminal has rows. The same one until something differs. */
  frame = (): readonly string[] => this.#frame;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Of the terminal, and of each line. */
  get columns(): number {
    return this.#columns;
  }

  get ui(): Ui {
    return this.#ui;
  }

  start(columns: number, rows: number): void {
    const { live, log, pictures } = this.#given;
    this.#unsubscribe = [live, log, pictures].flatMap((one) => one?.subscribe(() => this.#draw()) ?? []);
    this.#follow();
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
    this.resize(columns, rows);
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    if (this.#tick !== null) clearInterval(this.#tick);
    this.#charts.dispose();
  }

  resize(columns: number, rows: number): void {
    this.#columns = Math.max(1, columns);
    if (this.#given.pictures !== undefined) this.#given.pictures.columns = this.#columns - PICTURE_FRAME;
    this.#rows = Math.max(1, rows);
    this.#draw();
  }

  press(keys: readonly string[]): void {
    for (const key of keys) this.#step(press(this.#context, key));
  }

  paste(text: string): void {
    this.#set(paste(this.#context, text));
  }

  mouse({ type, column, row }: MouseEvent): void {
    const { ui } = this.#context;
    // What is open has the keyboard; the mouse must not act behind it.
    if (ui.asking !== null || ui.typing !== null || ui.isHelpShown || ui.failure !== null) return;
    if (type === 'click') this.#click(targetAt(this.#lines[row] ?? [], column));
    else this.#set(movedBy(this.#context, type === 'wheel up' ? -3 : 3));
  }

  #click(target: string | undefined): void {
    const [kind = '', name = ''] = target?.split(/ (.*)/s) ?? [];
    const ui = this.#ui;
    const view = VIEWS.find((one) => one === name);
    if (kind === 'view' && view !== undefined) this.#set({ ...ui, view, detail: null, scrolled: 0 });
    if (kind !== 'row' || ui.detail !== null) return;
    // A second click opens what the first has chosen.
    if (ui.selected[ui.view] === name) this.press(['enter']);
    else this.#set({ ...ui, selected: { ...ui.selected, [ui.view]: name } });
  }

  #step({ ui, effect }: Step): void {
    this.#set(ui);
    if (effect !== undefined) void this.#act(effect);
  }

  async #act(effect: Effect): Promise<void> {
    const { live } = this.#given;
    switch (effect.type) {
      case 'retry':
        return live.retryNow();
      case 'run':
        return this.#change(effect.plan);
      case 'undo':
        return this.#askForUndo();
      default: {
        const said = await this.#given.outside(effect, this.#scene).catch((error: unknown) => messageOf(error));
        if (said !== null) this.#notify(said, 'info');
      }
    }
  }

  #askForUndo(): void {
    const { status } = this.#given.live.get();
    if (status === null) return;
    try {
      this.#set({ ...this.#ui, asking: { plan: undoPlan(this.#ui.undoables, status), typed: '' } });
    } catch (error) {
      this.#notify(messageOf(error), 'warn');
    }
  }

  async #change(plan: Plan): Promise<void> {
    const { title } = plan;
    const busy = { title, since: this.#now() };
    this.#set({ ...this.#ui, busy });
    try {
      const { said, undoables } = await applyPlan(plan, this.#given.live.client, this.#ui.undoables);
      this.#set({ ...this.#over(busy), undoables });
      this.#notify(said, 'ok');
    } catch (error) {
      if (error instanceof ChangedMeanwhile) this.#lookAgain(error, busy, plan);
      else this.#set({ ...this.#over(busy), failure: { title, text: messageOf(error) } });
    }
  }

  /** The command is typed as it was: below it stands what it would change now. */
  #lookAgain(error: ChangedMeanwhile, busy: Busy, plan: Plan): void {
    const text = this.#ui.commands.at(-1);
    const typing = plan.isUndo || text === undefined ? null : ({ kind: 'command', text, recalled: 0 } as const);
    this.#set({ ...this.#over(busy), typing });
    this.#notify(error.message, 'warn');
  }

  #over(busy: Busy): Ui {
    return this.#ui.busy === busy ? { ...this.#ui, busy: null } : this.#ui;
  }

  #notify(text: string, tone: Notice['tone']): void {
    this.#set(noticed(this.#ui, text, tone, this.#now()));
  }

  /** The clock, where nothing else has changed. */
  #onTick(): void {
    if (this.#now() - this.#drawnAt >= TICK_MS / 2) this.#draw();
  }

  #set(ui: Ui): void {
    if (ui === this.#ui) return;
    const before = this.#ui;
    this.#ui = ui;
    if (ui.view !== before.view) this.#follow();
    this.#given.live.periodMs = ui.periodMs;
    this.#draw();
    // No frame shows it: without this, the terminal would hear of it with the next one that differs.
    if (ui.isMouseOn !== before.isMouseOn) this.#tell();
  }

  /** The log to the end, so that none of it is missed; pictures while they are looked at, as sessions draw them. */
  #follow(): void {
    const { log, pictures } = this.#given;
    if (this.#ui.view === 'log') log?.start();
    if (this.#ui.view === 'pictures') pictures?.start();
    else void pictures?.stop();
  }

  get #context(): Context {
    return contextOf(this.#scene);
  }

  get #scene(): Scene {
    const { name, live, log, pictures, look, readonlyReason = null } = this.#given;
    const isAscii = look.glyphs === ASCII;
    return {
      name,
      live: live.get(),
      log: log?.get() ?? NO_LOG,
      pictures: pictures?.get() ?? NO_PICTURES,
      series: live.series,
      ui: this.#ui,
      look: { ...look, theme: this.#ui.theme ?? look.theme },
      now: this.#now(),
      columns: this.#columns,
      rows: this.#rows,
      drawChart: isAscii ? (given) => columnChart(given, ASCII) : this.#charts.draw,
      readonlyReason,
    };
  }

  #draw(): void {
    const scene = this.#scene;
    this.#drawnAt = scene.now;
    this.#lines = drawScreen(scene);
    const frame = this.#lines.map((one) => toAnsi(one, scene.look));
    if (frame.length === this.#frame.length && frame.every((text, at) => text === this.#frame[at])) return;
    this.#frame = frame;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function targetAt(given: Line, column: number): string | undefined {
  let at = 0;
  for (const { text, target } of given) {
    // What is clicked is drawn by us, a column for each character.
    at += text.length;
    if (column < at) return target;
  }
  return undefined;
}
