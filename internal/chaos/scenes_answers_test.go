// Scenes of answers that are none: what an operation must have in its answer is
// missing from the first one.

package chaos_test

var answerScenes []scene
