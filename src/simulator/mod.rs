//! A simulated Lightbits cluster. Shares no code with the gateway's own client, so that it can disagree with it.
