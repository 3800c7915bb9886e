"""The platform operator (署名検証者): verifies for businesses, each with customers of its own. No web in it."""
