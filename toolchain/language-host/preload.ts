/** Preloaded into every program and policy pack: what makes the SDK's start and its work cheaper, and changes nothing else. */
import "./deferred-packages.ts";
import "./plain-policy-pack.ts";
import "./remembered-frames.ts";
import "./untold-details.ts";
