import { describe, expect, it } from "vitest";
import { requiredApiLevel } from "../../../clients/nats/api-level.ts";
import { KeyedMutex, Semaphore } from "../../../clients/nats/limit.ts";
import { retry } from "../../../clients/nats/retry.ts";

/** Work that ends when it is told to. */
function gate() {
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  return {
    ends,
    most: () => most,
    work: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a semaphore", () => {
  it("lets no more run at once than it has slots, also when newcomers come as one ends", async () => {
    const semaphore = new Semaphore(3);
    const { work, ends, most } = gate();
    const all = Array.from({ length: 5 }, () => semaphore.run(work));
    await settled();
    expect(ends.length).toBe(3);
    for (let i = 0; i < 10; i += 1) {
      ends[i]?.();
      if (i < 5) all.push(semaphore.run(work));
      await settled();
    }
    await Promise.all(all);
    expect(most()).toBe(3);
    expect(ends.length).toBe(10);
  });

  it("frees the slot of work that fails", async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await semaphore.run(async () => "done")).toBe("done");
  });
});

describe("a mutex by key", () => {
  it("goes on after work that fails, in order", async () => {
    const mutex = new KeyedMutex();
    const order: number[] = [];
    const failing = mutex.run("a", async () => {
      order.push(1);
      throw new Error("no");
    });
    const next = mutex.run("a", async () => order.push(2));
    await expect(failing).rejects.toThrow("no");
    await next;
    expect(order).toEqual([1, 2]);
  });
});

describe("retry", () => {
  const policy = { attempts: 3, firstDelayMs: 1, withinMs: 1_000 };
  const failing = (times: number) => {
    let calls = 0;
    return {
      calls: () => calls,
      work: async () => (++calls <= times ? Promise.reject(new Error(`${calls}`)) : calls),
    };
  };

  it("repeats what may pass, as often as it may", async () => {
    const { work } = failing(2);
    expect(await retry(policy, () => true, work)).toBe(3);
    const hopeless = failing(9);
    await expect(retry(policy, () => true, hopeless.work)).rejects.toThrow("3");
    expect(hopeless.calls()).toBe(3);
  });

  it("never repeats what can't pass, nor beyond its time", async () => {
    const hopeless = failing(9);
    await expect(retry(policy, () => false, hopeless.work)).rejects.toThrow("1");
    await expect(retry({ ...policy, withinMs: -1 }, () => true, failing(9).work)).rejects.toThrow("1");
  });
});

describe("the required API level", () => {
  it("is that of the newest property in use", () => {
    expect(requiredApiLevel({ name: "A", max_msgs: 3, allow_msg_ttl: false })).toBe(0);
    expect(requiredApiLevel({ name: "A", allow_msg_ttl: true })).toBe(1);
    expect(requiredApiLevel({ name: "A", allow_msg_ttl: true, allow_atomic: true })).toBe(2);
    expect(requiredApiLevel({ name: "A", allow_batched: true })).toBe(4);
  });
});
