/** The last 24 hours of a terminal: sessions and refusals in half-hours, and how the sessions ended. */
import { type ComponentChild, h } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Activity } from "../../answers.ts";
import { Failed, Loading } from "../../parts/notice.ts";
import { Quiet, Section } from "../../parts/section.ts";
import { useAnswer } from "../../use-answer.ts";
import { useSpoken } from "../../words/use-words.ts";
import { ActivityChart } from "./activity-chart.ts";

const DAY = 86_400_000;
const STEP = 1_800_000;
const EVERY = 60_000;

export function LastDay({ flow }: { readonly flow: string }): ComponentChild {
  const { words } = useSpoken();
  const [end, setEnd] = useState(nextStep);
  useEffect(() => {
    const timer = setInterval(() => setEnd(nextStep), EVERY);
    return () => clearInterval(timer);
  }, []);
  const question = { select: flow, from: end - DAY, to: end, step: STEP };
  const { answer, failure, again } = useAnswer<Activity>("/v1/activity", question);
  const shown =
    failure !== undefined
      ? h(Failed, { failure, again })
      : answer === undefined
        ? h(Loading, null)
        : h(Day, { activity: answer });
  return h(Section, { title: words.terminal.day }, shown);
}

function Day({ activity }: { readonly activity: Activity }): ComponentChild {
  const { words, time } = useSpoken();
  const counts = useMemo(() => counted(activity), [activity]);
  const { ended, failed, refused, outcomes } = counts;
  return h(
    "figure",
    null,
    h(ActivityChart, { activity, ended: counts.endedSteps, failed: counts.failedSteps }),
    h("figcaption", { class: "quiet" }, words.terminal.chart(ended + failed, failed, refused)),
    h("h3", { class: "unseen" }, words.terminal.outcomes),
    outcomes.length === 0
      ? h(Quiet, null, words.terminal.noOutcome)
      : h(
          "ul",
          { class: "outcomes" },
          outcomes.map(([outcome, count]) =>
            h(
              "li",
              { key: outcome },
              h("span", { class: outcome === "closed" ? "mark is-fine" : "mark is-bad", "aria-hidden": "true" }),
              `${words.outcomes[outcome] ?? outcome} `,
              h("b", { class: "figure" }, time.number(count)),
            ),
          ),
        ),
  );
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

function counted({ sessions, refusals }: Activity): {
  readonly ended: number;
  readonly failed: number;
  readonly refused: number;
  readonly endedSteps: readonly number[];
  readonly failedSteps: readonly number[];
  readonly outcomes: readonly (readonly [string, number])[];
} {
  const steps = Object.entries(sessions);
  const troubled = steps.filter(([outcome]) => outcome !== "closed").map(([, counts]) => counts);
  const endedSteps = refusals.map((_, index) => sessions.closed?.[index] ?? 0);
  const failedSteps = refusals.map((_, index) => sum(troubled.map((counts) => counts[index] ?? 0)));
  const outcomes = steps.map(([outcome, counts]) => [outcome, sum(counts)] as const).filter(([, count]) => count > 0);
  return {
    ...{ ended: sum(endedSteps), failed: sum(failedSteps), refused: sum(refusals), endedSteps, failedSteps },
    outcomes: outcomes.toSorted(([, a], [, b]) => b - a),
  };
}

/** Whole half-hours, so that a stretch is the same each time it is asked for. */
function nextStep(): number {
  return Math.ceil(Date.now() / STEP) * STEP;
}
