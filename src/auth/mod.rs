//! Who is calling and what may they do: Keystone, token cache, policy.
