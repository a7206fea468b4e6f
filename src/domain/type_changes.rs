//! What an administrator changes of a type once it is made, be it of volumes or of groups.

/// At least one is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeChanges {
    pub name: Option<String>,
    pub description: Option<String>,
    pub is_public: Option<bool>,
}

impl TypeChanges {
    /// Makes them to a type that is of these parts.
    pub fn make(&self, name: &mut String, description: &mut Option<String>, is_public: &mut bool) {
        if let Some(new) = &self.name {
            name.clone_from(new);
        }
        if self.description.is_some() {
            description.clone_from(&self.description);
        }
        *is_public = self.is_public.unwrap_or(*is_public);
    }
}
