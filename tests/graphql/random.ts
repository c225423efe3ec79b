/** A generator of numbers that gives the same ones for the same seed everywhere (mulberry32). */
export class Random {
    #state: number;

    constructor(seed: number) {
        this.#state = seed >>> 0;
    }

    next(): number {
        this.#state = (this.#state + 0x6d2b79f5) >>> 0;
        let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    }

    below(n: number): number {
        return Math.floor(this.next() * n);
    }

    chance(p: number): boolean {
        return this.next() < p;
    }

    pick<T>(from: readonly T[]): T {
        return from[this.below(from.length)] as T;
    }

    some<T>(make: () => T, most: number): T[] {
        return Array.from({ length: this.below(most + 1) }, make);
    }
}
